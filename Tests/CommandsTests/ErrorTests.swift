import Commands
import Foundation
import Testing

/// Errors of files as people read them.
struct ErrorTests {
    private func said(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing"
        } catch { return sentence(of: error) }
    }

    @Test func `an error of a file is its path and what is wrong`() throws {
        let missing = URL(filePath: "/nonexistent/x")
        #expect(
            said { _ = try Data(contentsOf: missing) }
                == "/nonexistent/x: no such file or directory"
        )
        #expect(
            said { _ = try String(contentsOf: missing, encoding: .utf8) }
                == "/nonexistent/x: no such file or directory"
        )
        #expect(said { try Data().write(to: URL(filePath: "/proc/x")) }.hasPrefix("/proc/x: "))
        #expect(said { _ = try Data(contentsOf: URL(filePath: "/proc")) }.hasPrefix("/proc: "))
        let folder = said {
            try FileManager.default.createDirectory(
                at: URL(filePath: "/etc/passwd/x"),
                withIntermediateDirectories: true
            )
        }
        #expect(
            folder.hasPrefix("/etc/passwd/x: ") && !folder.contains("Error Domain"),
            "\(folder)"
        )
        let attributes = said {
            _ = try FileManager.default.attributesOfItem(atPath: "/nonexistent/x")
        }
        #expect(attributes == "/nonexistent/x: no such file or directory")
        #expect(said { throw POSIXError(.ENOSPC) } == "no space left on device")
        #expect(said { throw Failure("as it is") } == "as it is")
    }
}
