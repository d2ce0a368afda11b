import CKafka
public import Foundation

/// A message as a consumer gets it.
public struct Message: Sendable {
    public let topic: String
    public let partition: Int
    public let offset: Int
    public let key: Data?
    public let value: Data?
    public let headers: [String: String]

    /// Copies everything out of librdkafka's message.
    init(_ message: rd_kafka_message_t, _ pointer: UnsafeMutablePointer<rd_kafka_message_t>) {
        topic = message.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
        partition = Int(message.partition)
        offset = Int(message.offset)
        key = message.key.map { Data(bytes: $0, count: message.key_len) }
        value = message.payload.map { Data(bytes: $0, count: message.len) }
        headers = Message.headers(pointer)
    }

    private static func headers(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> [String:
        String]
    {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            return [:]
        }
        var result: [String: String] = [:]
        var (name, value): (UnsafePointer<CChar>?, UnsafeRawPointer?) = (nil, nil)
        var (index, size) = (0, 0)
        while rd_kafka_header_get_all(list, index, &name, &value, &size)
            == RD_KAFKA_RESP_ERR_NO_ERROR
        {
            if let name, let value {
                let bytes = UnsafeRawBufferPointer(start: value, count: size)
                result[String(cString: name).lowercased()] = String(decoding: bytes, as: UTF8.self)
            }
            index += 1
        }
        return result
    }
}
