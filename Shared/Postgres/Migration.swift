public import Foundation

/// One numbered step of the schema.
public struct Migration: Equatable, Sendable {
    public let version: Int
    public let name: String
    public let sql: String

    public init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }

    /// Reads the files `0001_name.sql`, `0002_…` of `folder`; numbers may be left out.
    ///
    /// - Throws: `PostgresError` naming the file that is doubled or wrongly named.
    public static func load(_ folder: URL) throws(PostgresError) -> [Migration] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        } catch {
            throw PostgresError("the migrations in \(folder.path) cannot be read: \(error)")
        }
        var found: [Migration] = []
        for name in names.sorted() where name.hasSuffix(".sql") {
            found.append(try read(folder.appending(path: name)))
        }
        guard !found.isEmpty else {
            throw PostgresError("\(folder.path) holds no migration such as 0001_queue.sql")
        }
        for (last, next) in zip([0] + found.map(\.version), found) where next.version <= last {
            throw PostgresError(
                "migration \(next.name) has number \(next.version); "
                    + "the next one is \(last + 1)"
            )
        }
        return found
    }

    private static func read(_ file: URL) throws(PostgresError) -> Migration {
        let name = file.lastPathComponent
        guard let parts = try? /(\d{4})_([a-z0-9_]+)\.sql/.wholeMatch(in: name),
            let version = Int(parts.1)
        else {
            throw PostgresError("'\(name)' is not named like a migration, 0001_queue.sql")
        }
        do {
            let sql = try String(contentsOf: file, encoding: .utf8)
            return Migration(version: version, name: String(parts.2), sql: sql)
        } catch {
            throw PostgresError("migration \(file.path) cannot be read: \(error)")
        }
    }

    /// The folder `Migrations` beside the executable or the working directory, or above them.
    ///
    /// - Throws: `PostgresError` where none is found.
    public static func folder() throws(PostgresError) -> URL {
        let starts = [
            Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent(),
            URL(filePath: FileManager.default.currentDirectoryPath),
        ]
        for start in starts.compactMap(\.self) {
            var folder = start
            while folder.path != "/" {
                let candidate = folder.appending(path: "Migrations", directoryHint: .isDirectory)
                let first = candidate.appending(path: "0001_queue.sql").path
                if FileManager.default.fileExists(atPath: first) { return candidate }
                folder.deleteLastPathComponent()
            }
        }
        throw PostgresError("no folder 'Migrations' lies beside or above the executable")
    }
}
