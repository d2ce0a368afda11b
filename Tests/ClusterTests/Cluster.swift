import Foundation
import Glibc
import Lifecycle
import TestSupport
import Testing

extension Cluster {
    /// librdkafka's settings for `user`: admin, worker or outsider.
    func client(_ user: String) -> String { folder.appending(path: "client-\(user).conf").path }

    /// Ends one node at once.
    func kill(node: Int) throws {
        let file = folder.appending(path: "node\(node).pid")
        let text = try String(contentsOf: file, encoding: .utf8)
        let pid = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(Glibc.kill(pid, SIGKILL) == 0)
    }

    /// What one of Kafka's own tools says.
    @discardableResult
    func tool(_ arguments: String...) throws -> String { try tool(arguments) }

    @discardableResult
    func tool(_ arguments: [String]) throws -> String {
        let process = try Cluster.command(["tool", folder.path] + arguments)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.start()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    /// How many messages of all partitions `group` has committed.
    func committed(by group: String) throws -> Int {
        try tool("consumer-groups", "--describe", "--group", group).split(separator: "\n")
            .filter { $0.hasPrefix(group) }
            .compactMap { Int($0.split(separator: " ").dropFirst(3).first ?? "") }
            .reduce(0, +)
    }
}
