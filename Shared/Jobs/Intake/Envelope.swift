public import Foundation

/// A message as it came from a topic.
public struct IncomingMessage: Sendable {
    public var topic: String
    public var partition: Int
    public var offset: Int
    public var headers: [String: String]
    public var value: Data?
    /// All values of each header that stands more than once; `headers` has the first.
    public var repeated: [String: [String]]

    public init(
        topic: String,
        partition: Int,
        offset: Int,
        headers: [String: String],
        value: Data?,
        repeated: [String: [String]] = [:]
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.headers = headers
        self.value = value
        self.repeated = repeated
    }
}

/// The job in a message, and the pair that tells a repetition of the message from another one.
public struct IncomingJob: Sendable {
    public let request: JobRequest
    public let source: String
    public let messageID: String
}

extension IncomingMessage {
    /// Reads CloudEvents 1.0 in binary mode (`ce_` headers) or structured mode, or a bare JSON
    /// body, whose kind is the topic's.
    ///
    /// - Throws: `SpecError` saying what is wrong.
    public func job() throws(SpecError) -> IncomingJob {
        try checkHeaders()
        guard let value, !value.isEmpty else { throw SpecError("the message is empty") }
        let parsed = try JSON(parsing: value)
        let type = headers["content-type"] ?? ""
        if type.hasPrefix("application/cloudevents+json") || parsed["specversion"] != nil {
            guard let data = parsed["data"] else { throw SpecError("the CloudEvent has no data") }
            return try event(data) { parsed[$0]?.string }
        }
        if headers["ce_specversion"] != nil { return try event(parsed) { headers["ce_" + $0] } }
        return try job(
            parsed,
            source: "kafka:\(topic)/\(partition)",
            // The offsets of a topic that was made anew begin at 0 again, with other bodies.
            messageID: "\(offset)-\(Digest(of: value).hex.prefix(16))",
            subject: nil
        )
    }

    private func event(
        _ body: JSON,
        _ attribute: (String) -> String?
    ) throws(SpecError) -> IncomingJob {
        guard attribute("specversion") == "1.0" else {
            throw SpecError("specversion is '\(attribute("specversion") ?? "")'; it must be 1.0")
        }
        guard let id = attribute("id"), (1...128).contains(id.utf8.count) else {
            throw SpecError("the CloudEvent's id must have 1 to 128 characters")
        }
        guard let source = attribute("source"), !source.isEmpty else {
            throw SpecError("the CloudEvent has no source")
        }
        if let kind = JobKind(topic: topic) {
            let wanted = "job.\(kind.rawValue).submit.v1"
            guard attribute("type") == wanted else {
                throw SpecError(
                    "the CloudEvent's type is '\(attribute("type") ?? "")'; here it must be \(wanted)"
                )
            }
        }
        return try job(body, source: source, messageID: id, subject: attribute("subject"))
    }

    private func job(
        _ body: JSON,
        source: String,
        messageID: String,
        subject: String?
    ) throws(SpecError) -> IncomingJob {
        guard let kind = JobKind(topic: topic) else {
            throw SpecError("'\(topic)' is not a topic of jobs")
        }
        // The same message, sent again, is the same job.
        let place = Digest(of: Data("\(source)\n\(messageID)".utf8))
        let fallback = subject.flatMap(UUID.init(uuidString:)) ?? UUID(derivedFrom: place)
        let request = try JobRequest(body, kind: kind, fallbackID: fallback)
        return IncomingJob(request: request, source: source, messageID: messageID)
    }
}

extension IncomingMessage {
    /// The most bytes that all headers together may have.
    public static let headerLimit = 16 * 1024

    func checkHeaders() throws(SpecError) {
        try checkRepeated()
        let once = headers.filter { repeated[$0.key] == nil }.map { ($0, [$1]) }
        let bytes = (once + repeated.map { ($0, $1) }).reduce(0) { sum, header in
            header.1.reduce(sum) { $0 + header.0.utf8.count + $1.utf8.count }
        }
        guard bytes <= IncomingMessage.headerLimit else {
            throw SpecError(
                "the headers have \(bytes) bytes; at most \(IncomingMessage.headerLimit) are read"
            )
        }
        let parts = (headers["content-type"] ?? "application/json").lowercased()
            .split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        let known = ["application/json", "application/cloudevents+json"]
        guard let type = parts.first, known.contains(type) else {
            throw SpecError(
                "content-type is '\(headers["content-type"] ?? "")'; it must be "
                    + known.joined(separator: " or ")
            )
        }
        let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }
        guard ["charset=utf-8", "charset=\"utf-8\""].contains(charset ?? "charset=utf-8") else {
            throw SpecError("content-type's \(charset ?? "") cannot be read; it must be utf-8")
        }
    }
}

extension IncomingMessage {
    /// Which of two ids a publisher meant, nobody can know; headers that we do not read may stand as
    /// often as they like.
    private func checkRepeated() throws(SpecError) {
        let problems = repeated.filter { $0.key.hasPrefix("ce_") || $0.key == "content-type" }
            .sorted { $0.key < $1.key }
            .map { name, values in
                let shown = values.prefix(3).map { "'\($0.prefix(40))'" }.joined(separator: ", ")
                return "the header \(name) stands \(values.count) times (\(shown)); it must stand "
                    + "once"
            }
        guard problems.isEmpty else { throw SpecError(problems: problems) }
    }
}

extension UUID {
    /// A version 8 UUID (RFC 9562) made of the first bits of `digest`.
    public init(derivedFrom digest: Digest) {
        var hex = Array(digest.hex.prefix(32))
        hex[12] = "8"
        hex[16] = "8"
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(hex[$0]) }
        self = UUID(uuidString: groups.joined(separator: "-")) ?? UUID()
    }
}
