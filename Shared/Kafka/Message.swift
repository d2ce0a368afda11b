import CKafka
public import Foundation

/// A message as a consumer gets it.
public struct Message: Sendable {
    public let topic: String
    public let partition: Int
    public let offset: Int
    public let key: Data?
    public let value: Data?
    /// All headers in their order, their names in lowercase; a name may stand more than once.
    public let allHeaders: [Header]
    /// The headers by their names; of a name that stands more than once, the first.
    public var headers: [String: String] {
        Dictionary(allHeaders.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// One header as it was sent; bytes that are not UTF-8 are replaced.
    public struct Header: Equatable, Sendable {
        public let name: String
        public let value: String

        public init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    /// Copies everything out of librdkafka's message.
    init(_ message: rd_kafka_message_t, _ pointer: UnsafeMutablePointer<rd_kafka_message_t>) {
        topic = message.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
        partition = Int(message.partition)
        offset = Int(message.offset)
        key = message.key.map { Data(bytes: $0, count: message.key_len) }
        value = message.payload.map { Data(bytes: $0, count: message.len) }
        allHeaders = Message.headers(pointer)
    }

    private static func headers(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>
    ) -> [Header] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            return []
        }
        var result: [Header] = []
        var (name, value): (UnsafePointer<CChar>?, UnsafeRawPointer?) = (nil, nil)
        var (index, size) = (0, 0)
        while rd_kafka_header_get_all(list, index, &name, &value, &size)
            == RD_KAFKA_RESP_ERR_NO_ERROR
        {
            if let name {
                let bytes = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : size)
                let text = String(decoding: bytes, as: UTF8.self)
                result.append(Header(name: String(cString: name).lowercased(), value: text))
            }
            index += 1
        }
        return result
    }
}
