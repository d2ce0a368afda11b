// Of the sixty faults of the reference's section 18, those that no test of this suite makes, and
// why. Where another suite has the test, it is named.
//
//  4  a header that stands twice: JobsTests and KafkaTests.
// 13  a rebalance during a pause: KafkaTests.
// 14  brokers that go, leaders that move: ClusterTests.
// 15, 16, 17, 20  retention, missing and recreated topics, a client whose end hangs: ClusterTests.
// 18  100,000 messages at once: a benchmark, not a test.
// 19  a fatal error of the idempotent producer: cannot be provoked in librdkafka 2.0.2's mock.
// 38  full and read-only disks: StoreTests and EndToEndTests. EIO: nothing here makes a disk fail;
//     what is read is checked against its digest (faults 39 and 41).
// 45, 46  a message that is too large, a broker that is away, no topic for dead letters:
//     ClusterTests.
// 53  a million finished jobs: `benchmarks queue`.
// 54  72 hours in fast-forward: nothing here can make Postgres's and the kernel's clocks run fast.
// 55  the metrics endpoint: HTTPTests and EndToEndTests.
// 56  secrets in logs, letters and lists of processes: EndToEndTests.
// 57  a flood of librdkafka's logs: KafkaTests.
// 58  kcat from the README: EndToEndTests.
