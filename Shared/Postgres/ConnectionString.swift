import CPostgres
import Foundation

/// A libpq connection string or URI, read before libpq connects by it. What libpq says of a mistyped
/// one repeats a part of it, which may be a part of a password; so nothing of that is passed on.
struct ConnectionString {
    let text: String
    /// Whether what libpq takes for a place or a database may be the rest of a password: the one @ of
    /// a URI stands before its first slash.
    private let isDoubtful: Bool

    /// - Throws: `PostgresError` without a word of `text` where no server can be meant by it. That is
    ///   no lost connection, so that nobody waits for it to get better.
    init(_ text: String) throws(PostgresError) {
        guard let values = ConnectionString.parsed(text),
            ConnectionString.arePorts(values["port"] ?? "")
        else { throw ConnectionString.malformed }
        let rest = ["postgresql://", "postgres://"].first { text.hasPrefix($0) }.map {
            text.dropFirst($0.count)
        }
        // No name of a host has an @; a path may, and that of an abstract socket begins with it.
        let hosts = (values["host"] ?? "").split(separator: ",")
        guard
            rest == nil
                || !hosts.contains(where: { $0.first != "/" && $0.dropFirst().contains("@") })
        else { throw ConnectionString.malformed }
        self.text = text
        let signs = rest?.indices.filter { text[$0] == "@" } ?? []
        let slash = rest?.firstIndex(of: "/") ?? text.endIndex
        isDoubtful = signs.count > 1 || signs.contains { $0 > slash }
    }

    /// Why no connection was had by it, in libpq's words where they cannot hold a part of a password.
    func failure(_ words: String) -> PostgresError {
        PostgresError(
            isDoubtful
                ? "no connection by PALIMPSEST_DATABASE; why and where is not shown, since its URI has "
                    + "an @ that may be a password's: there it is written %40"
                : words.trimmingCharacters(in: .whitespacesAndNewlines),
            connectionLost: true
        )
    }

    private static let malformed = PostgresError(
        "PALIMPSEST_DATABASE is neither a URI, postgresql://USER@HOST/NAME, nor words such as "
            + "host=HOST dbname=NAME; it is not shown, since it may hold a password. In a URI the "
            + "characters % @ / : of a password are %25 %40 %2F %3A; best it is in a password file"
    )

    /// What `text` says by keyword; nil where libpq cannot read it.
    private static func parsed(_ text: String) -> [String: String]? {
        var message: UnsafeMutablePointer<CChar>?
        let options = PQconninfoParse(text, &message)
        defer {
            PQconninfoFree(options)
            PQfreemem(message)
        }
        guard var option = options else { return nil }
        var values: [String: String] = [:]
        while let keyword = option.pointee.keyword {
            values[String(cString: keyword)] = option.pointee.val.map { String(cString: $0) }
            option += 1
        }
        return values
    }

    /// Whether `list` has ports with commas between them, of which each may be left out.
    private static func arePorts(_ list: String) -> Bool {
        list.split(separator: ",", omittingEmptySubsequences: false).allSatisfy {
            let port = $0.trimmingCharacters(in: .whitespaces)
            return port.isEmpty || Int(port).map { (1...65_535).contains($0) } ?? false
        }
    }
}
