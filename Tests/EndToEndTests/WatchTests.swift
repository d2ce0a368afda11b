import Foundation
import Jobs
import Lifecycle
import Records
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct WatchTests {
    /// `script` gives the command a terminal.
    @Test func `on a terminal a bar moves in one line, piped there are plain lines`() throws {
        let stack = try TestStack(workers: [.train])
        let inputs = #"{"dataset": "tiny"}"#
        let spec = Tiny.teacher(steps: 120)
        let job = try stack.publish(.train, spec, inputs: inputs, name: "watched")
        try stack.wait { try stack.queue.status(of: job) }
        let program = Programs.folder.appending(path: "palimpsest").path
        let terminal = try run(
            "/usr/bin/script",
            ["-qec", "'\(program)' watch \(job)", "/dev/null"],
            stack
        )
        #expect(terminal.status == 0)
        #expect(terminal.text.contains("\r\u{1B}[Kwatched"), "\(terminal.text)")
        #expect(terminal.text.contains("░") && terminal.text.contains("/s"))
        let last = terminal.text.split(separator: "\u{1B}[K").last ?? ""
        #expect(last.contains("succeeded  ████████████████████  100 %  120/120"), "\(last)")

        let piped = try stack.palimpsest("watch", job.uuidString)
        #expect(piped.status == 0 && piped.text.contains("succeeded  100 %  120/120"))
        #expect(!piped.text.contains("\u{1B}") && !piped.text.contains("\r"))
        let listed = try stack.palimpsest("jobs").text.split(separator: "\n")
        #expect(listed.count == 2)
        #expect(listed.last?.contains("diffusion  succeeded  120/120 100 %") == true)
        #expect(try stack.palimpsest("watch", UUID().uuidString).status == 64)
    }

    private func run(
        _ program: String,
        _ arguments: [String],
        _ stack: TestStack
    ) throws -> (text: String, status: Int32) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = stack.environment.merging(["TERM": "xterm"]) { $1 }
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.start()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (String(decoding: data, as: UTF8.self), process.terminationStatus)
    }
}
