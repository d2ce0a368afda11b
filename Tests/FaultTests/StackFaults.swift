import Foundation
import Jobs
import Lifecycle
import Records
import TestSupport
import Testing

/// What is to be seen of a worker and its child from outside.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct StackFaults {
    /// A child that is stopped counts as stuck, and answers as soon as it may run.
    @Test func `fault 29: a stuck child's stacks are in the log before it is killed`() throws {
        let stack = try FaultStack(["PALIMPSEST_STALL_SECONDS": "2"])
        let worker = try stack.start()
        let id = try stack.publish(steps: 1_000_000)
        try stack.working(id)
        let child = try stack.child(of: worker)
        kill(child, SIGSTOP)
        try stack.wait(30) { stack.logged.contains("pid=\(child) threads=") ? true : nil }
        kill(child, SIGCONT)
        try stack.wait(30) { isAlive(child) ? nil : true }
        let text = stack.logged
        #expect(text.contains("T (stopped)"))
        #expect(text.contains("stack of thread \(child) "))
        #expect(text.contains("end of stacks"))
        _ = try stack.queue.cancel(id)
        #expect(try stack.finish(id).state == "cancelled")
    }

    /// A child whose assignment has not come waits in a place that is known, and all its callers are
    /// named up to the program's start.
    @Test func `fault 29: a child's stack names what it is in and who called it`() throws {
        let (child, input, output) = (Process(), Pipe(), Pipe())
        child.executableURL = Programs.folder.appending(path: "training-worker")
        child.arguments = ["run"]
        (child.standardInput, child.standardError) = (input, output)
        try child.start()
        defer {
            kill(child.processIdentifier, SIGKILL)
            child.waitUntilExit()
        }
        try waitForRead(child.processIdentifier)
        kill(child.processIdentifier, SIGQUIT)
        var text = ""
        while !text.contains("end of stacks") {
            let piece = output.fileHandleForReading.availableData
            try #require(!piece.isEmpty, "\(text)")
            text += String(decoding: piece, as: UTF8.self)
        }
        #expect(text.contains("stack of thread \(child.processIdentifier) training-worker"))
        for caller in ["(read+", "readDataToEndOf", "(__libc_start_main"] {
            #expect(text.contains(caller), "\(caller) in \(text)")
        }
    }

    /// Waits until the process is in read(2) of its standard input.
    private func waitForRead(_ process: Int32) throws {
        for _ in 0..<500 {
            let file = "/proc/\(process)/syscall"
            let call = try String(contentsOfFile: file, encoding: .utf8)
            if call.hasPrefix("0 0x0 ") { return }
            Thread.sleep(forTimeInterval: 0.02)
        }
        Issue.record("the child does not read its standard input")
    }

    /// The kernel gives the files of a hidden process in /proc to root, and those of any other to
    /// the user that it runs as.
    @Test func `fault 56: a worker is hidden from its own user, and its child is not`() throws {
        let nobody = 65_534
        for (command, owner) in [("serve", 0), ("run", nobody)] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/setpriv")
            process.arguments =
                ["--reuid", "\(nobody)", "--regid", "\(nobody)", "--clear-groups"] + [
                    Programs.folder.appending(path: "training-worker").path, command,
                ]
            // A server that never answers keeps the worker at its start.
            process.environment = [
                "PALIMPSEST_DATABASE": "host=192.0.2.1 password=hunter2",
                "PALIMPSEST_KAFKA": "127.0.0.1:1", "PALIMPSEST_STORE": "file:///tmp/none",
            ]
            let input = Pipe()
            (process.standardInput, process.standardError) = (input, FileHandle.nullDevice)
            try process.start()
            defer {
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
            let path = "/proc/\(process.processIdentifier)/environ"
            var found = -1
            for _ in 0..<100 where found != owner && process.isRunning {
                Thread.sleep(forTimeInterval: 0.02)
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                // Before setpriv has become the worker, all is root's.
                let name = try String(
                    contentsOfFile: "/proc/\(process.processIdentifier)/comm",
                    encoding: .utf8
                )
                guard name.hasPrefix("training") else { continue }
                found = (attributes[.ownerAccountID] as? NSNumber)?.intValue ?? -1
            }
            #expect(found == owner, "\(command)")
        }
    }
}
