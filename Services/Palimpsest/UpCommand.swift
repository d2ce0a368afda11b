import Commands
import Foundation
import Lifecycle

let upCommand = Command(
    "up",
    summary: "Starts Postgres, a broker and the four workers here, until Ctrl-C.",
    options: [
        Option("threads", "N", help: "threads of each worker's operators"),
        Option("kafka", "HOST:PORT", help: "use these brokers, and create the topics there"),
    ]
) { invocation in
    let home = Connections.home
    let threads = try invocation.integer("threads", in: 1...1_024)
    let stack = try Stack(home: home, threads: threads, kafka: invocation.value("kafka"))
    defer { stack.stop(home: home) }
    try Terminal.write(
        """
        Kafka     \(stack.connections.kafka)
        Postgres  \(stack.connections.database)
        store     \(stack.connections.store)
        metrics   \(stack.pages.joined(separator: "\n          "))
        Publish jobs with `palimpsest submit FILE`; Ctrl-C ends everything.

        """
    )
    let interrupt = Interrupt()
    while !interrupt.shutdown.wait(1) { try stack.requireWorkers(home) }
}

/// SIGINT and SIGTERM as a request to end.
final class Interrupt {
    let shutdown = Shutdown()
    private var sources: [any DispatchSourceSignal] = []

    init() {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(
                signal: number,
                queue: DispatchQueue(label: "signals")
            )
            source.setEventHandler { [shutdown] in shutdown.request() }
            source.resume()
            sources.append(source)
        }
    }
}
