import Foundation

/// `host:port`, `[host]:port`, or a port of loopback, as servers are given it and asked at it.
struct Address {
    let text: String
    let host: String
    private let port: String

    /// - Throws: `HTTPError` where `text` is none of the three.
    init(_ text: String) throws {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let host = parts.count > 1 ? parts.dropLast().joined(separator: ":") : "127.0.0.1"
        port = parts.last.map(String.init) ?? ""
        guard UInt16(port) != nil, !host.isEmpty else {
            throw HTTPError("'\(text)' is not host:port, such as 127.0.0.1:9464")
        }
        self.host = host.trimmingCharacters(in: ["[", "]"])
        self.text = text
    }

    /// Calls `body` with each place that `host` stands for, this one unless another is given, and
    /// returns its first answer.
    ///
    /// - Throws: `HTTPError` where the name is unknown; what `body` throws.
    func firstPlace<Answer>(
        of other: String? = nil,
        _ body: (addrinfo) throws -> Answer?
    ) throws -> Answer? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(other ?? host, port, &hints, &list)
        guard status == 0 else {
            throw HTTPError("'\(text)': \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(list) }
        var next = list
        while let place = next?.pointee {
            if let answer = try body(place) { return answer }
            next = place.ai_next
        }
        return nil
    }
}
