import Foundation

/// A page as a health check sees it.
public struct Page: Sendable {
    public let status: Int
    public let body: String

    /// Gets `path` from the server at `address`, `host:port` or a port of loopback; a server that
    /// listens everywhere is asked on loopback.
    ///
    /// - Throws: `HTTPError` where it does not answer within about five seconds.
    public init(_ path: String, from address: String) throws {
        let port = address.split(separator: ":").last.flatMap { UInt16($0) } ?? 0
        let host = address.contains(":") ? address.split(separator: ":").dropLast().joined() : ""
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(descriptor, SOL_SOCKET, option, &limit, size)
        }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        let everywhere = ["", "0.0.0.0", "localhost"].contains(host)
        name.sin_addr.s_addr = inet_addr(everywhere ? "127.0.0.1" : host)
        let status = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            throw HTTPError("no server at \(address): \(String(cString: strerror(errno)))")
        }
        let request = "GET \(path) HTTP/1.0\r\nHost: \(host)\r\n\r\n"
        _ = send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL))
        try self.init(FileHandle(fileDescriptor: descriptor, closeOnDealloc: false), address)
    }

    private init(_ file: FileHandle, _ address: String) throws {
        let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n"),
            let status = Int(text.prefix(12).suffix(3))
        else { throw HTTPError("the server at \(address) did not answer") }
        self.status = status
        body = String(text[end.upperBound...])
    }
}
