public import Foundation

/// What a command is given to read.
public enum Input {
    /// The bytes of the file `path`, or of standard input for `-`: all of them, or one more than
    /// `limit`, by which its reader sees that there are too many.
    ///
    /// - Throws: `Failure` naming the file and saying why it cannot be read.
    public static func read(_ path: String, limit: Int) throws -> Data {
        guard path != "-" else {
            return try read(STDIN_FILENO, limit) {
                "standard input: " + ($0 == EBADF ? "it is closed" : reason($0))
            }
        }
        guard !path.isEmpty else { throw UsageError("the name of a file is empty") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure("\(path): \(reason(errno))") }
        defer { close(descriptor) }
        return try read(descriptor, limit) { "\(path): \(reason($0))" }
    }

    private static func read(
        _ descriptor: Int32,
        _ limit: Int,
        why: (Int32) -> String
    ) throws -> Data {
        var (data, part) = (Data(), [UInt8](repeating: 0, count: 65_536))
        while data.count <= limit {
            let count = Foundation.read(descriptor, &part, min(part.count, limit + 1 - data.count))
            if count == 0 { break }
            if count > 0 {
                data.append(contentsOf: part[..<count])
            } else if errno != EINTR {
                throw Failure(why(errno))
            }
        }
        return data
    }
}
