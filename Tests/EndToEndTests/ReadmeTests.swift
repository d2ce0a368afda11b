import Foundation
import Images
import Jobs
import Lifecycle
import Records
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct ReadmeTests {
    /// How each command begins, and what runs it.
    private static let tested = [
        "make demo": "by hand and by the demo's own commands",
        "make test": ".ci/run",
        "palimpsest submit --watch": "this suite",
        "echo": "IntakeTests, with kcat",
        "palimpsest lineage": "ChainTests",
        "palimpsest forget request": "ChainTests",
        "palimpsest data import": "this suite",
        "export POSTGRES_PASSWORD_FILE=": "ComposeTests",
        "(umask 077;": "ComposeTests",
        "sudo chown 10001": "by hand; ComposeTests compare the image's uid",
        "docker-compose -f": "by hand; ComposeTests as far as no daemon is needed",
    ]

    @Test func `no command of the README is left without a test`() throws {
        for command in try readmeCommands() {
            #expect(
                ReadmeTests.tested.keys.contains { command.hasPrefix($0) },
                "run '\(command)' in a test, and name it here"
            )
        }
    }

    @Test func `data is imported and a job followed as the README says`() throws {
        let stack = try TestStack(workers: [.train])
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, value) in [("cat/1.png", 10), ("dog/1.png", 200), ("dog/bad.png", -1)] {
            let file = folder.appending(path: name)
            let place = file.deletingLastPathComponent()
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            let image = Image(width: 16, height: 16, filledWith: UInt8(max(0, value)))
            try (value < 0 ? Data("no image".utf8) : image.png()).write(to: file)
        }
        let pack = Process()
        pack.executableURL = URL(filePath: "/usr/bin/env")
        pack.arguments = ["tar", "-C", folder.path, "-cf", "cifar10-train.tar", "cat", "dog"]
        pack.currentDirectoryURL = folder
        try pack.start()
        pack.waitUntilExit()
        let command = try #require(readmeCommands().first { $0.contains("data import") })
        let words = command.split(separator: " ").dropFirst().map(String.init)
        let imported = try stack.palimpsest(words, in: folder)
        #expect(imported.status == 0)
        #expect(imported.text.contains("refused dog/bad.png: not a PNG or JPEG image"))
        #expect(imported.text.contains("cifar10: 2 images of 16 pixels in 2 classes, artifact "))
        let strict = try stack.palimpsest(words + ["--strict"], in: folder)
        #expect(strict.status == 1)
        #expect(strict.text.contains("dog/bad.png: not a PNG or JPEG image; nothing was imported"))

        let shapes = ["data", "shapes", "--count", "16", "--resolution", "16"]
        #expect(try stack.palimpsest(shapes, in: nil).status == 0)
        try follow(stack)
    }

    /// `submit --watch` follows the job to its end, here that of being cancelled.
    private func follow(_ stack: TestStack) throws {
        let command = try #require(readmeCommands().first { $0.contains("submit --watch") })
        let submit = Process()
        submit.executableURL = Programs.folder.appending(path: "palimpsest")
        submit.arguments = command.split(separator: " ").dropFirst().map(String.init)
        submit.currentDirectoryURL = repository
        submit.environment = stack.environment
        let output = Pipe()
        (submit.standardOutput, submit.standardError) = (output, output)
        try submit.start()
        let job = try stack.wait {
            try stack.queue.jobs().first { $0.state == "running" && $0.step > 0 }
        }
        #expect(job.name == "shapes-classifier" && job.method == "classifier")
        let id = job.job.uuidString.lowercased()
        #expect(try stack.palimpsest("cancel", id).text.contains("requested"))
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        submit.waitUntilExit()
        #expect(String(decoding: said, as: UTF8.self).contains(id))
        #expect(try stack.finish(job.job).state == "cancelled")
    }

    /// CloudEvents 1.0 as the README promises them: attributes in headers, or all in the body.
    @Test func `CloudEvents run in binary and in structured mode`() throws {
        let stack = try TestStack(workers: [.train])
        let body = #"{"spec": \#(Tiny.classifier), "inputs": {"dataset": "tiny"}}"#
        let (binary, structured) = (UUID(), UUID())
        let attributes = { (id: UUID) in
            [
                "specversion": "1.0", "id": "m-\(id)", "source": "test",
                "type": "job.train.submit.v1", "subject": id.uuidString.lowercased(),
            ]
        }
        var headers = ["content-type": "application/json"]
        for (name, value) in attributes(binary) { headers["ce_" + name] = value }
        try stack.publish(raw: body, to: JobKind.train.topic, headers: headers)
        let members = attributes(structured).map { "\"\($0.key)\": \"\($0.value)\"" }
        let event = "{" + members.joined(separator: ", ") + ", \"data\": \(body)}"
        try stack.publish(
            raw: event,
            to: JobKind.train.topic,
            headers: ["content-type": "application/cloudevents+json"]
        )
        for job in [binary, structured] { #expect(try stack.finish(job).state == "succeeded") }
    }
}
