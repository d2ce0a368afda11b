import Foundation

/// A page as a health check sees it.
public struct Page: Sendable {
    public let status: Int
    public let body: String

    /// Gets `path` from the server at `address`: `host:port`, `[host]:port`, or a port of loopback; a
    /// server that listens everywhere is asked on loopback. Names are looked up as long as the
    /// system's resolver takes.
    ///
    /// - Throws: `HTTPError` where the whole answer is not there after `seconds`.
    public init(_ path: String, from address: String, seconds: Double = 5) throws {
        let place = try Address(address)
        let end = ContinuousClock.now + .seconds(seconds)
        let host = place.host.contains(":") ? "[\(place.host)]" : place.host
        let request = "GET \(path) HTTP/1.0\r\nHost: \(host)\r\n\r\n"
        var refusal = HTTPError("'\(address)' stands for no address")
        let everywhere = ["0.0.0.0": "127.0.0.1", "::": "::1"]
        let text = try place.firstPlace(of: everywhere[place.host]) { place in
            guard let connection = Exchange(place, until: end) else {
                let reason = String(cString: strerror(errno))
                refusal = HTTPError("no server at \(address): \(reason)")
                return String?.none
            }
            return try connection.answer(to: request, from: address)
        }
        guard let text else { throw refusal }
        guard let end = text.range(of: "\r\n\r\n"), let status = Int(text.prefix(12).suffix(3))
        else { throw HTTPError("the server at \(address) did not answer") }
        self.status = status
        body = String(text[end.upperBound...])
    }
}

/// A connection for one request, on which every wait ends at one time.
private final class Exchange {
    private let descriptor: Int32
    private let end: ContinuousClock.Instant
    private static let mostBytes = 16 << 20

    /// Connects to `place`; nil where that fails, and `errno` says why.
    init?(_ place: addrinfo, until end: ContinuousClock.Instant) {
        self.end = end
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(place.ai_family, kind, 0)
        guard connect(descriptor, place.ai_addr, place.ai_addrlen) != 0 else { return }
        var status = errno
        var size = socklen_t(MemoryLayout<Int32>.size)
        if status == EINPROGRESS {
            status = ETIMEDOUT
            if wait(for: POLLOUT) {
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &status, &size)
            }
        }
        guard status == 0 else {
            errno = status
            return nil
        }
    }

    deinit { close(descriptor) }

    /// Sends `request` and returns everything up to the connection's end.
    ///
    /// - Throws: `HTTPError` where that is not there in time, or too long.
    func answer(to request: String, from address: String) throws -> String {
        _ = send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL))
        var (answer, piece) = (Data(), [UInt8](repeating: 0, count: 1 << 16))
        while wait(for: POLLIN), answer.count <= Exchange.mostBytes {
            let count = recv(descriptor, &piece, piece.count, 0)
            if count > 0 { answer.append(contentsOf: piece[..<count]) }
            if count == 0 { return String(decoding: answer, as: UTF8.self) }
            guard count > 0 || errno == EAGAIN || errno == EINTR else { break }
        }
        throw HTTPError(
            "the server at \(address) did not answer in time, broke off, or sent more than "
                + "\(Exchange.mostBytes) bytes; \(answer.count) came"
        )
    }

    /// Whether `events` happened before the end.
    private func wait(for events: Int32) -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        while true {
            let left = (end - ContinuousClock.now) / .milliseconds(1)
            let found = left > 0 ? poll(&wanted, 1, Int32(left.rounded(.up))) : 0
            guard found < 0, errno == EINTR else { return found > 0 }
        }
    }
}
