import Foundation
import Jobs
import Records

extension WorkerBuild {
    /// Of this process: the bytes of its program, of every library that it has loaded, and the names
    /// of machine and system. Reads all of those files, half a second for libtorch.
    ///
    /// - Throws: where a file that is mapped cannot be read.
    static func ofThisProcess() throws -> WorkerBuild {
        let code = try Data(contentsOf: URL(filePath: "/proc/self/exe"), options: .mappedIfSafe)
        let maps = try wholeText(of: "/proc/self/maps")
        var libraries: [String: JSON] = [:]
        for path in libraryPaths(maps) {
            let file = URL(filePath: path)
            let bytes = try Data(contentsOf: file, options: .mappedIfSafe)
            libraries[file.lastPathComponent] = .string(Digest(of: bytes).hex)
        }
        return WorkerBuild(
            code: Digest(of: code),
            environment: .object([
                "libraries": .object(libraries), "machine": .string(machine),
                "system": .string(ProcessInfo.processInfo.operatingSystemVersionString),
            ])
        )
    }
}

/// The shared libraries that a process has mapped, from the text of its `maps` (proc(5)).
func libraryPaths(_ maps: String) -> [String] {
    let paths = maps.split(separator: "\n").compactMap { line -> String? in
        guard let start = line.firstIndex(of: "/") else { return nil }
        return String(line[start...])
    }
    let isLibrary: (String) -> Bool = { path in
        path.hasSuffix(".so") || path.contains(".so.")
    }
    return Set(paths.filter(isLibrary)).sorted()
}

/// The text of a file that the kernel writes while it is read, a page at most each time; Foundation
/// takes a short answer for the end.
///
/// - Throws: `CocoaError` where it cannot be opened.
private func wholeText(of path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw CocoaError(.fileReadNoSuchFile) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
    return String(decoding: bytes, as: UTF8.self)
}

private let machine: String = {
    #if arch(x86_64)
    "x86_64"
    #elseif arch(arm64)
    "aarch64"
    #else
    "other"
    #endif
}()
