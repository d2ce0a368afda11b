import Exports
import Foundation
import Jobs
import Testing

/// Each form beside a file of `Fixtures/exports`, byte for byte.
///
/// Where the bytes are meant to change, raise `exporterVersion`, since it is what tells two exports
/// of the same ledger apart, and make all files anew:
/// `PALIMPSEST_WRITE_GOLDEN=1 swift test --filter ExportGoldenTests`. Read the difference before it is
/// committed.
struct ExportGoldenTests {
    private static let event = JSON.object([
        "eventType": .string("COMPLETE"), "eventTime": .string("2026-01-03T00:00:00.000000Z"),
    ])

    private func golden(_ name: String, _ format: ExportFormat) -> URL {
        Fixtures.folder.appending(path: "golden/\(name).\(format.rawValue)")
    }

    @Test(arguments: ["forgetful", "student"], ExportFormat.allCases)
    func `an export is its golden file, byte for byte`(
        name: String,
        format: ExportFormat
    ) throws {
        let provenance = try Fixtures.provenance(name)
        let written = try format.write(
            provenance,
            event: ExportGoldenTests.event,
            files: Fixtures.files
        )
        let file = golden(name, format)
        if ProcessInfo.processInfo.environment["PALIMPSEST_WRITE_GOLDEN"] == "1" {
            try written.write(to: file)
        }
        let expected = try Data(contentsOf: file)
        #expect(
            String(decoding: written, as: UTF8.self) == String(decoding: expected, as: UTF8.self)
        )
        #expect(written == expected)
    }

    /// A file that no form writes any more would be compared with nothing.
    @Test func `there is no other golden file`() throws {
        let folder = Fixtures.folder.appending(path: "golden")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let wanted = ["forgetful", "student"].flatMap { name in
            ExportFormat.allCases.map { "\(name).\($0.rawValue)" }
        }
        #expect(files.sorted() == wanted.sorted())
    }
}
