import Foundation

/// A TCP socket that listens; libmicrohttpd would only say that there is none.
struct ListeningSocket {
    let descriptor: Int32
    let port: Int

    /// - Throws: `HTTPError` naming the address.
    init(_ address: String) throws {
        let (host, wanted) = try ListeningSocket.split(address)
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, wanted, &hints, &list)
        guard status == 0, let found = list?.pointee else {
            throw HTTPError("'\(address)': \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(list) }
        let kind = found.ai_socktype | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = socket(found.ai_family, kind, 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, UInt32(MemoryLayout<Int32>.size))
        guard bind(descriptor, found.ai_addr, found.ai_addrlen) == 0, listen(descriptor, 64) == 0
        else {
            let reason = errno
            close(descriptor)
            throw HTTPError(
                "nothing can listen on '\(address)': \(String(cString: strerror(reason)))"
                    + (reason == EADDRINUSE ? "; choose another port" : "")
            )
        }
        port = try ListeningSocket.port(of: descriptor)
    }

    /// Host and port of `host:port`, `[host]:port` or `port`.
    private static func split(_ address: String) throws -> (host: String, port: String) {
        let parts = address.split(separator: ":", omittingEmptySubsequences: false)
        let port = parts.last.map(String.init) ?? ""
        let host = parts.count > 1 ? parts.dropLast().joined(separator: ":") : "127.0.0.1"
        guard UInt16(port) != nil, !host.isEmpty else {
            throw HTTPError("'\(address)' is not host:port, such as 127.0.0.1:9464")
        }
        return (host.trimmingCharacters(in: ["[", "]"]), port)
    }

    private static func port(of descriptor: Int32) throws -> Int {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let host = UnsafeMutablePointer<CChar>.allocate(capacity: 64)
        let port = UnsafeMutablePointer<CChar>.allocate(capacity: 16)
        defer {
            host.deallocate()
            port.deallocate()
        }
        let failed = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &size) != 0
                    || getnameinfo($0, size, host, 64, port, 16, NI_NUMERICHOST | NI_NUMERICSERV)
                        != 0
            }
        }
        guard !failed, let number = Int(String(cString: port)) else {
            throw HTTPError("the system does not tell the port of a socket")
        }
        return number
    }
}

/// Why nothing is served, in a sentence.
public struct HTTPError: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = "HTTP: " + description }
}
