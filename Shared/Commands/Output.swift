public import Foundation
import Synchronization

/// Standard output, the one way by which answers leave a program. What is written is kept until there
/// is much of it, so that lines of ours and of standard error do not cut each other; `Program` flushes
/// it before it ends.
public enum Output {
    private static let state = Mutex(Waiting())

    /// - Throws: `OutputError` where this, or something before it, could not be written.
    public static func write(_ data: Data) throws {
        try state.withLock { try $0.add(data) }
    }

    public static func write(_ text: String) throws { try write(Data(text.utf8)) }

    /// Writes to `file`, whole or not at all; to standard output where that is nil. A device or a pipe
    /// is written to and not replaced.
    ///
    /// - Throws: an error that names the file.
    public static func write(_ data: Data, to file: String?) throws {
        guard let file else { return try write(data) }
        let url = URL(filePath: file)
        var found = stat()
        let replaced = [S_IFREG, S_IFDIR]
        guard stat(file, &found) == 0, !replaced.contains(found.st_mode & S_IFMT) else {
            return try data.write(to: url, options: .atomic)
        }
        do {
            try FileHandle(forWritingTo: url).write(contentsOf: data)
        } catch { throw Failure("\(file): \(sentence(of: error))") }
    }

    /// Delivers what waits.
    ///
    /// - Throws: `OutputError` where it, or something before it, could not be written.
    public static func flush() throws { try state.withLock { try $0.flush() } }
}

/// Prints a line. One that cannot be written fails the program at its end, if it does nothing else
/// wrong; who prints without end uses `Output.write`, which says so at once.
public func print(_ line: some CustomStringConvertible) {
    try? Output.write(line.description + "\n")
}

/// Why standard output took no more.
public struct OutputError: Error, Equatable, CustomStringConvertible {
    let number: Int32

    /// Whether the reader has seen enough and is gone.
    var isClosedPipe: Bool { number == EPIPE }

    public var description: String {
        "standard output: " + (number == EBADF ? "it is closed" : reason(number))
    }
}

private struct Waiting {
    private var bytes = Data()
    private var failure: OutputError?
    private let isTerminal = isatty(STDOUT_FILENO) == 1

    mutating func add(_ data: Data) throws {
        if let failure { throw failure }
        bytes.append(data)
        if isTerminal || bytes.count >= 65_536 { try flush() }
    }

    mutating func flush() throws {
        if let failure { throw failure }
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                bytes = bytes.dropFirst(count)
            } else if errno == EAGAIN {
                awaitRoom()
            } else if errno != EINTR {
                let error = OutputError(number: errno)
                failure = error
                throw error
            }
        }
    }

    /// Returns when an output that does not block by itself takes more.
    private func awaitRoom() {
        var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        poll(&output, 1, -1)
    }
}

/// Gives standard streams that the caller has closed a place that can neither be read nor written, in
/// the way they would be used: a file or a socket would else get the number, and the answer with it.
func occupyStandardStreams() {
    for (number, mode) in [
        (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ]
    where fcntl(number, F_GETFD) == -1 {
        _ = open("/dev/null", mode)
    }
}
