import Foundation

/// Finds an object that has one key twice, which decoders pass over in silence.
///
/// The bytes must be valid JSON. Keys are compared as they are written, escapes and all.
func repeatedKey(in data: Data) -> String? {
    var scan = KeyScan(bytes: Array(data))
    return scan.run()
}

private struct KeyScan {
    let bytes: [UInt8]
    var at = 0
    /// The keys of each open object; nil stands for an array.
    var open: [Set<ArraySlice<UInt8>>?] = []

    mutating func run() -> String? {
        var mayBeKey = false
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "{"): (mayBeKey, open) = (true, open + [[]])
            case UInt8(ascii: "["): (mayBeKey, open) = (false, open + [nil])
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = open.popLast()
            case UInt8(ascii: ","): mayBeKey = (open.last ?? nil) != nil
            case UInt8(ascii: "\""):
                let text = string()
                if mayBeKey, open[open.count - 1]?.insert(text).inserted == false {
                    return String(decoding: text, as: UTF8.self)
                }
                mayBeKey = false
            default: break
            }
            at += 1
        }
        return nil
    }

    /// The text between the quotation marks at `at`, which then stands on the second.
    private mutating func string() -> ArraySlice<UInt8> {
        let start = at + 1
        at = start
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        return bytes[start..<min(at, bytes.count)]
    }
}
