import Foundation
import Kafka
import Lifecycle
import Records
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3)))
struct Documented {
    /// The commands of Documentation/jobs.md, copied as they stand, in their order.
    @Test func `every command of the page about jobs does what it says`() throws {
        let stack = try FaultStack()
        try stack.start()
        let job = UUID()
        try stack.producer.send(to: "jobs.train.v1", key: "", value: Data("{".utf8))
        let letter = try stack.wait { try stack.queue.deadLetters().first }
        let names = ["JOB": job.uuidString, "LETTER": letter.letter]
        let commands = try blocks()
        #expect(commands.count == 6)
        for command in commands {
            let answer = try Programs.shell(command, stack.environment.merging(names) { $1 })
            #expect(answer.status == 0, "\(command): \(answer.text)")
            if command.contains("judge") {
                #expect(try stack.finish(job).state == "succeeded")
            }
            if command.contains("list") { #expect(answer.text.contains("not valid JSON")) }
        }
    }

    private func blocks() throws -> [String] {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Documentation/jobs.md").standardized
        let text = try String(contentsOf: page, encoding: .utf8)
        return text.components(separatedBy: "```sh\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
    }
}
