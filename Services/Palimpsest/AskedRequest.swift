import Commands
import Foundation
import Postgres
import Proofs

/// The scopes of requests whose items are classes, which jobs name in the clear.
let classScopes = ["concept", "style"]

/// A request as the command line asks for it.
struct AskedRequest {
    let name: String
    /// Of a list of items.
    private static let mostBytes = 16 << 20

    /// Each once.
    let items: [String]
    private let sources: [String]
    private let scope: String
    private let basis: String
    private let due: String?

    /// - Throws: `UsageError` for what is missing or cannot be, before anything is written.
    init(_ invocation: Invocation) throws {
        name = invocation.arguments[0]
        scope = try AskedRequest.scope(invocation)
        (items, sources) = (try AskedRequest.items(invocation), list(invocation.value("dataset")))
        basis = invocation.value("basis") ?? "subject_request"
        due = invocation.value("due")
        guard !items.isEmpty else {
            throw UsageError("say what to forget: --classes A,B or --items FILE")
        }
        guard !sources.isEmpty else { throw UsageError("say where it came in: --dataset REF,REF") }
        guard basis.wholeMatch(of: #/[a-z][a-z0-9_]{0,49}/#) != nil else {
            throw UsageError(
                "--basis is no word: it takes a small letter and up to 49 small letters, digits "
                    + "and underscores, such as subject_request, and tells of nobody"
            )
        }
        guard due.map(isMoment) ?? true else {
            throw UsageError("--due got '\(due ?? "")'; it takes a time such as 2027-01-31")
        }
    }

    /// - Throws: `UsageError` for one that is not known, and where classes are given that are none:
    ///   whoever lists processes reads a command's words.
    private static func scope(_ invocation: Invocation) throws -> String {
        let scope = invocation.value("scope") ?? "concept"
        let scopes = ["sample", "subject", "concept", "style", "dataset"]
        guard scopes.contains(scope) else {
            throw UsageError(
                "--scope got '\(scope)'; known are \(scopes.joined(separator: ", "))"
            )
        }
        guard classScopes.contains(scope) || invocation.value("classes") == nil else {
            throw UsageError(
                "--classes takes classes, of scope \(classScopes.joined(separator: " or ")); those of "
                    + "scope \(scope) come by --items FILE, or by --items - from standard input, since "
                    + "the list of processes shows to others what stands in a command"
            )
        }
        return scope
    }

    private static func items(_ invocation: Invocation) throws -> [String] {
        var items = list(invocation.value("classes"))
        if let file = invocation.value("items") {
            let data = try Input.read(file, limit: mostBytes)
            let place = file == "-" ? "standard input" : file
            guard data.count <= mostBytes else {
                throw Failure("\(place): a list of items has at most \(mostBytes >> 20) MiB")
            }
            guard let text = String(data: data, encoding: .utf8) else {
                throw Failure("\(place): it is no text")
            }
            items += text.split(whereSeparator: \.isNewline).map(String.init)
        }
        // By their bytes, as they are committed to.
        var seen: Set<Data> = []
        return items.filter { seen.insert(Data($0.utf8)).inserted }
    }

    /// - Throws: `Failure` where the request is there already, or a key that would be its own.
    func requireNew(_ database: Connection, _ file: URL) throws {
        let known = try database.query(
            "SELECT FROM lineage.requests WHERE name = $1",
            [.text(name)]
        )
        guard known.isEmpty else {
            throw Failure("the request '\(name)' exists; `palimpsest forget requests` lists all")
        }
        guard !FileManager.default.fileExists(atPath: file.path) else {
            throw Failure("\(file.path) is there, but no request '\(name)'; move it away first")
        }
    }

    /// Opens the request and returns its id.
    func open(under key: RequestKey, _ database: Connection) throws -> String {
        let sealed = try SealedList(items, for: name, under: key)
        let commitment = Commitment(to: items, under: key)
        let row = try database.query(
            """
            SELECT lineage.request_forgetting(
                $1, $2, $3::bytea, $4, $5, $6::text[], $7::timestamptz, 'default', $8::bytea,
                $9::bytea
            ) AS id
            """,
            [
                .text(name), .text(scope), .bytes(Data(commitment.root.bytes)),
                .int(commitment.count), .text(basis), .array(sources), .text(due),
                .bytes(sealed.nonce), .bytes(sealed.ciphertext),
            ]
        ).first
        return try row?.text("id") ?? ""
    }
}
