import Foundation
import Jobs

/// One row's entry in the log of its stream.
public struct LogEntry: Equatable, Sendable {
    public let stream: String
    /// Counts from 1 in each stream.
    public let number: Int
    /// The hash of the entry before, zeros before the first.
    public let previous: Hash
    /// The row in canonical form.
    public let payload: [UInt8]

    public init(stream: String, number: Int, previous: Hash, payload: [UInt8]) {
        (self.stream, self.number) = (stream, number)
        (self.previous, self.payload) = (previous, payload)
    }

    /// SHA-256 over the hash before, the payload behind its length (8 bytes, big-endian), the
    /// stream's name behind its length (4 bytes), and the number (8 bytes). The lengths leave one
    /// way to read these bytes, so two different entries never hash the same ones.
    public var hash: Hash {
        Hash { hasher in
            previous.withUnsafeBytes { hasher.update($0) }
            hasher.update(bigEndian: UInt64(payload.count))
            payload.withUnsafeBytes { hasher.update($0) }
            var stream = stream
            hasher.update(bigEndian: UInt32(stream.utf8.count))
            stream.withUTF8 { hasher.update(UnsafeRawBufferPointer($0)) }
            hasher.update(bigEndian: Int64(number))
        }
    }
}

extension Hasher256 {
    mutating func update(bigEndian value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { update($0) }
    }
}
