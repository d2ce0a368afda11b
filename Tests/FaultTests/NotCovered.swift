// Of the sixty faults of the reference's section 18, those that no test of this suite makes, and
// why. Where another suite has the test, it is named.
//
//  4  a header that stands twice: the consumer keeps one of them; nothing counts them.
//  5  version N−1: there has been one version of each type.
// 13  a rebalance during a pause: written (the pause is repeated for new partitions, what came
//     between waits in memory), but no test makes the group rebalance at that moment.
// 14  brokers that go, leaders that move: tests with Apache Kafka belong to KafkaTests.
// 15, 16, 17  retention, missing and recreated topics: the embedded broker has none of them.
// 18  100,000 messages at once: a benchmark, not a test.
// 19  a fatal error of the idempotent producer: cannot be provoked in librdkafka 2.0.2's mock.
// 20  a consumer whose close hangs: the same.
// 27  a restart of Postgres during a renewal: fault 23 cuts the connections, the server stays up.
// 38  full disk, read-only volume, quota, EIO: a tmpfs needs rights that tests lack; the store's
//     errors say what to do, and no test here makes them.
// 41  an input whose bytes do not match its digest: the store's reader refuses it; no test here makes one.
// 43  gangs: there are none yet.
// 45  a broker that is away for ten minutes, a message that is too large: parking is written, the
//     embedded broker cannot be made to refuse.
// 46  a missing topic for dead letters: the embedded broker makes every topic that it is asked
//     for; that the outbox keeps what is not sent is RecordsTests' matter.
// 50  paths in output names: RecordsTests (the name's constraint); links and case: not here.
// 53  a million finished jobs: `benchmarks queue`.
// 54  72 hours in fast-forward: nothing here can make Postgres's and the kernel's clocks run fast.
// 55, 57  the metrics endpoint and floods of logs: belong to its own tests.
// 56  secrets in logs, letters and lists of processes: not searched by this suite.
// 58  kcat from the README: EndToEndTests.
// 59  two versions of a worker on one queue: there has been one version.
