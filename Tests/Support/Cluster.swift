public import Foundation
import Lifecycle

/// A real Apache Kafka of one node or several, gone with the test; `broker.py` has the details.
public final class Cluster {
    public private(set) var folder: URL
    private var server = Process()
    private var nodes: [Process] = []

    /// A cluster that takes connections.
    ///
    /// A cluster that ends before it has written its addresses is made anew, twice: `broker.py`
    /// draws the cluster's id, and one of 64 begins with a dash, which Kafka's own tool takes for
    /// an option.
    ///
    /// - Throws: `ClusterFailure` with what `broker.py` and the nodes said.
    public init(nodes: Int = 1, security: String = "plaintext", acl: Bool = false) throws {
        let options = ["--nodes", "\(nodes)", "--security", security] + (acl ? ["--acl"] : [])
        folder = Cluster.newPath()
        for last in [false, false, true] {
            do {
                server = try Cluster.serve(folder, options + ["--port", "\(Cluster.freePort())"])
                return
            } catch let failure where !last && (try? bootstrap) == nil {
                print("the cluster was not made, once more: \(failure)")
                try? FileManager.default.removeItem(at: folder)
                folder = Cluster.newPath()
            }
        }
    }

    deinit {
        for process in nodes + [server] where process.isRunning { process.terminate() }
        for process in nodes + [server] where process.isRunning { process.waitUntilExit() }
        try? FileManager.default.removeItem(at: folder)
    }

    /// The addresses of all nodes.
    public var bootstrap: String {
        get throws {
            try String(contentsOf: folder.appending(path: "bootstrap"), encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    /// Stops all nodes cleanly and starts them again over their data.
    public func restart() throws {
        server.terminate()
        server.waitUntilExit()
        server = try Cluster.serve(folder, [])
    }

    /// Brings a killed node back over its data.
    public func revive(node: Int) throws {
        let process = try Cluster.command(["node", folder.path, "\(node)"])
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.start()
        nodes.append(process)
    }
}
