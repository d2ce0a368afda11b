public import Foundation
import Lifecycle

/// Our programs, built beside the test's own.
public enum Programs {
    public static let folder =
        Bundle.main.bundleURL.path.hasSuffix(".xctest")
        ? Bundle.main.bundleURL.deletingLastPathComponent()
        : URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()

    /// What a program printed on both of its outputs, and its status.
    public typealias Answer = (text: String, status: Int32)

    /// Starts our program `name` and returns at once; what it logs goes to the end of `log`.
    ///
    /// - Throws: where it cannot be started.
    public static func start(
        _ name: String,
        _ environment: [String: String],
        log: URL? = nil
    ) throws -> Process {
        let process = Process()
        process.executableURL = folder.appending(path: name)
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardError = try log.map(handle) ?? .nullDevice
        try process.start()
        return process
    }

    /// Runs our program `name` to its end in `place`, else in the current folder.
    ///
    /// - Throws: where it cannot be started.
    public static func run(
        _ name: String,
        _ arguments: [String],
        _ environment: [String: String],
        in place: URL? = nil
    ) throws -> Answer {
        try run(folder.appending(path: name), arguments, environment, in: place)
    }

    /// Runs a command of the shell, which finds our programs.
    ///
    /// - Throws: where the shell cannot be started.
    public static func shell(_ command: String, _ environment: [String: String]) throws -> Answer {
        let path = folder.path + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
        let all = environment.merging(["PATH": path]) { $1 }
        return try run(URL(filePath: "/bin/sh"), ["-c", command], all, in: nil)
    }

    private static func run(
        _ executable: URL,
        _ arguments: [String],
        _ environment: [String: String],
        in place: URL?
    ) throws -> Answer {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment
        if let place { process.currentDirectoryURL = place }
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.start()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (String(decoding: data, as: UTF8.self), process.terminationStatus)
    }

    /// The file, made where there is none, for lines at its end from several processes.
    private static func handle(_ log: URL) throws -> FileHandle {
        let number = open(log.path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard number >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        return FileHandle(fileDescriptor: number, closeOnDealloc: true)
    }
}

/// The children of all threads of `parent`, in no order.
public func children(of parent: Int32) -> [Int32] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(parent)/task")) ?? []
    return tasks.flatMap { task -> [Int32] in
        let path = "/proc/\(parent)/task/\(task)/children"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { Int32($0) }
    }
}

/// Whether `process` runs or is stopped, rather than gone or a zombie.
public func isAlive(_ process: Int32) -> Bool {
    let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    let state = status?.split(separator: ")").last?.split(separator: " ").first
    return state != nil && state != "Z"
}
