import Foundation
import Glibc

/// A TCP socket that listens; libmicrohttpd would only say that there is none.
struct ListeningSocket {
    let descriptor: Int32
    let port: Int

    /// - Throws: `HTTPError` naming the address.
    init(_ address: String) throws {
        let found = try Address(address).firstPlace { try ListeningSocket.listen(on: $0, address) }
        guard let found else { throw HTTPError("'\(address)' stands for no address") }
        (descriptor, port) = (found, try ListeningSocket.port(of: found))
    }

    private static func listen(on place: addrinfo, _ address: String) throws -> Int32 {
        let kind = place.ai_socktype | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(place.ai_family, kind, 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, UInt32(MemoryLayout<Int32>.size))
        guard bind(descriptor, place.ai_addr, place.ai_addrlen) == 0,
            Glibc.listen(descriptor, 64) == 0
        else {
            let reason = errno
            close(descriptor)
            throw HTTPError(
                "nothing can listen on '\(address)': \(String(cString: strerror(reason)))"
                    + (reason == EADDRINUSE ? "; choose another port" : "")
            )
        }
        return descriptor
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
