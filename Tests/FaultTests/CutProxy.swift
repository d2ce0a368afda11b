import Foundation
import Synchronization

/// A proxy before Postgres's Unix socket that can be cut: connections break, new ones are refused,
/// or, for the unkindest cut, bytes stop flowing and nobody is told.
final class CutProxy: Sendable {
    enum Mode { case open, refused, silent }

    /// libpq's conninfo of the way through the proxy.
    let conninfo: String
    private let folder: URL
    private let target: String
    private let listener: Int32
    private let state = Mutex((mode: Mode.open, sockets: [Int32]()))

    /// - Parameter conninfo: the server's own, with the folder of its socket first.
    /// - Throws: `POSIXError` where no socket can be made.
    init(before conninfo: String) throws {
        let parts = conninfo.components(separatedBy: "'")
        target = parts[1] + "/.s.PGSQL.5432"
        folder = URL(filePath: "/tmp/cut-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.conninfo = "host='\(folder.path)'" + parts[2]
        listener = try socketAt(folder.path + "/.s.PGSQL.5432", bind)
        listen(listener, 64)
        Thread.detachNewThread { self.accept() }
    }

    deinit { stop() }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        set(.refused)
        try? FileManager.default.removeItem(at: folder)
    }

    /// Lets bytes flow again, or stops them.
    func set(_ mode: Mode) {
        let broken = state.withLock { state in
            defer { if mode == .refused { state.sockets = [] } }
            state.mode = mode
            return mode == .refused ? state.sockets : []
        }
        for socket in broken { shutdown(socket, Int32(SHUT_RDWR)) }
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { return }
            guard state.withLock({ $0.mode }) != .refused,
                let server = try? socketAt(target, connect)
            else {
                close(client)
                continue
            }
            state.withLock { $0.sockets += [client, server] }
            for (from, to) in [(client, server), (server, client)] {
                Thread.detachNewThread { self.pump(from, to) }
            }
        }
    }

    private func pump(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(from, &buffer, buffer.count)
            while state.withLock({ $0.mode }) == .silent { Thread.sleep(forTimeInterval: 0.02) }
            // A peer that is gone is no reason for a signal.
            guard count > 0, send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count else {
                break
            }
        }
        shutdown(to, Int32(SHUT_RDWR))
    }
}

private func socketAt(
    _ path: String,
    _ use: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32
) throws -> Int32 {
    let made = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { place in
        place.copyBytes(from: path.utf8.prefix(place.count - 1))
    }
    let status = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            use(made, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard status == 0 else {
        close(made)
        throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
    return made
}
