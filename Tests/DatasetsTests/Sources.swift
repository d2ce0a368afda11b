import CArchive
import Datasets
import Foundation
import Glibc
import Images
import Testing

/// A folder of its own, gone with the test.
func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// A PNG of one colour.
func png(_ value: UInt8, side: Int = 8) -> Data {
    Image(width: side, height: side, filledWith: value).png()
}

/// Writes `files`, given by their paths below `folder`.
func write(_ files: [String: Data], to folder: URL) throws {
    for (path, data) in files {
        let url = folder.appending(path: path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try data.write(to: url)
    }
}

/// One entry of a tar.
struct TarEntry {
    var path: String
    var data = Data()
    var type = AE_IFREG
    var linkedTo: String?
}

let AE_IFREG: UInt32 = 0o100000
let AE_IFDIR: UInt32 = 0o040000
let AE_IFLNK: UInt32 = 0o120000
let AE_IFIFO: UInt32 = 0o010000

/// A tar in the pax format by libarchive, gzipped where wanted.
func tar(_ entries: [TarEntry], to url: URL, compressed: Bool = false) throws {
    let utf8 = try #require(newlocale(1 << LC_CTYPE, "C.UTF-8", nil))
    let before = uselocale(utf8)
    defer {
        uselocale(before)
        freelocale(utf8)
    }
    let archive = try #require(archive_write_new())
    defer { archive_write_free(archive) }
    archive_write_set_format_pax_restricted(archive)
    if compressed { archive_write_add_filter_gzip(archive) }
    try #require(archive_write_open_filename(archive, url.path) == ARCHIVE_OK)
    for item in entries {
        let entry = archive_entry_new()
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname_utf8(entry, item.path)
        archive_entry_set_filetype(entry, item.type)
        archive_entry_set_perm(entry, 0o644)
        archive_entry_set_size(entry, Int64(item.data.count))
        if let target = item.linkedTo {
            if item.type == AE_IFLNK {
                archive_entry_set_symlink(entry, target)
            } else {
                archive_entry_set_hardlink(entry, target)
            }
        }
        try #require(archive_write_header(archive, entry) >= ARCHIVE_WARN)
        _ = item.data.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
    }
}

/// Writes so many MiB of zeros, compressed.
func gzip(zeros: Int, to url: URL) throws {
    let archive = try #require(archive_write_new())
    defer { archive_write_free(archive) }
    archive_write_set_format_raw(archive)
    archive_write_add_filter_gzip(archive)
    try #require(archive_write_open_filename(archive, url.path) == ARCHIVE_OK)
    let entry = archive_entry_new()
    defer { archive_entry_free(entry) }
    archive_entry_set_filetype(entry, AE_IFREG)
    try #require(archive_write_header(archive, entry) >= ARCHIVE_WARN)
    let piece = [UInt8](repeating: 0, count: 1 << 20)
    for _ in 0..<zeros { try #require(archive_write_data(archive, piece, 1 << 20) == 1 << 20) }
}

/// What `body` throws, as a user reads it.
func problem(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return "\(error)"
    }
}
