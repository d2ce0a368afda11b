import CArchive
import Foundation
import Glibc
import Images

/// One file of a source: its path inside it, and its bytes.
struct SourceFile {
    let path: String
    let bytes: Data
}

/// Every regular file below `folder`, in the order of their paths.
func files(inFolder folder: URL, _ body: (SourceFile) throws -> Void) throws {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    for path in paths {
        let url = folder.appending(path: path)
        let values = try url.resourceValues(forKeys: [.isRegularFileKey])
        guard values.isRegularFile == true else { continue }
        try body(SourceFile(path: path, bytes: Data(contentsOf: url)))
    }
}

/// Every entry of the tar at `url` (also compressed) by libarchive; nothing is ever unpacked to
/// disk. Entries that are no regular files come with nil bytes.
func files(
    inArchive url: URL,
    _ body: (_ path: String, _ bytes: Data?) throws -> Void
) throws {
    guard let archive = archive_read_new() else { throw ImportError("no archive reader") }
    defer { archive_read_free(archive) }
    archive_read_support_filter_all(archive)
    archive_read_support_format_tar(archive)
    guard archive_read_open_filename(archive, url.path, 1 << 20) == ARCHIVE_OK else {
        throw ImportError("\(url.path) is not a tar archive: \(message(archive))")
    }
    var entry: OpaquePointer?
    while true {
        let status = archive_read_next_header(archive, &entry)
        if status == ARCHIVE_EOF { return }
        guard status == ARCHIVE_OK, let entry else {
            throw ImportError("\(url.path) is damaged: \(message(archive))")
        }
        let path = archive_entry_pathname(entry).map { String(cString: $0) } ?? ""
        let isFile = archive_entry_filetype(entry) == UInt32(Glibc.S_IFREG)
        try body(path, isFile ? contents(of: archive, size: archive_entry_size(entry)) : nil)
    }
}

private func contents(of archive: OpaquePointer, size: Int64) throws -> Data {
    guard size <= 256 << 20 else { throw ImportError("an entry of \(size) bytes is too large") }
    var data = Data(count: Int(size))
    let read = data.withUnsafeMutableBytes { archive_read_data(archive, $0.baseAddress, $0.count) }
    guard read == Int(size) else { throw ImportError("a truncated entry: \(message(archive))") }
    return data
}

private func message(_ archive: OpaquePointer) -> String {
    archive_error_string(archive).map { String(cString: $0) } ?? "unreadable"
}

/// Why nothing could be imported.
public struct ImportError: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
