import CArchive
import Foundation
import Glibc

/// What a source has under one path.
enum SourceEntry {
    case file(Data)
    case folder
    /// It is no file, or cannot be read, for this reason.
    case refused(String)

    static let mostBytes = 256 << 20
    static let notAFile = SourceEntry.refused("it is a link or a device, not a file")

    static func tooLarge(_ bytes: Int) -> SourceEntry {
        .refused("it has \(bytes) bytes; at most \(mostBytes) are read")
    }
}

/// Everything below `folder`, in the order of the paths; links are not followed.
///
/// - Throws: `ImportError` where the folder cannot be listed.
func entries(inFolder folder: URL, _ body: (String, SourceEntry) throws -> Void) throws {
    let paths: [String]
    do {
        paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    } catch {
        throw ImportError("\(folder.path) cannot be listed: \(error)")
    }
    for path in paths { try body(path, entry(at: folder.appending(path: path).path)) }
}

private func entry(at path: String) -> SourceEntry {
    var status = stat()
    guard lstat(path, &status) == 0 else { return .refused(String(cString: strerror(errno))) }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return .folder
    case S_IFREG where status.st_size > SourceEntry.mostBytes: return .tooLarge(status.st_size)
    case S_IFREG:
        guard let bytes = FileManager.default.contents(atPath: path) else {
            return .refused("it cannot be read; check its permissions")
        }
        return .file(bytes)
    default: return .notAFile
    }
}

/// Every entry of the tar at `url` (also compressed) by libarchive, in the archive's order; nothing
/// is ever unpacked to disk.
///
/// - Throws: `ImportError` where it is no archive, or damaged: then nothing of it is used.
func entries(inArchive url: URL, _ body: (String, SourceEntry) throws -> Void) throws {
    try withUTF8Names {
        let archive = try ArchiveReader(url)
        while let (path, entry) = try archive.next() { try body(path, entry) }
    }
}

/// Runs `body` in a locale of UTF-8 for this thread: in the C locale, which containers have,
/// libarchive gives no name that is not ASCII.
private func withUTF8Names(_ body: () throws -> Void) rethrows {
    guard let utf8 = newlocale(1 << LC_CTYPE, "C.UTF-8", nil) else { return try body() }
    let before = uselocale(utf8)
    defer {
        uselocale(before)
        freelocale(utf8)
    }
    try body()
}

/// The bytes of the file at `url`, decompressed where it is compressed: then at most
/// `SourceEntry.mostBytes`, or what it has on the disk, since a few may stand for any number.
///
/// - Throws: `ImportError` where it cannot be read, or holds more.
func wholeFile(_ url: URL) throws -> Data {
    let archive = try ArchiveReader(url, raw: true)
    var status = stat()
    guard stat(url.path, &status) == 0 else {
        throw ImportError("\(url.path) cannot be read: \(String(cString: strerror(errno)))")
    }
    let limit = max(Int(status.st_size), SourceEntry.mostBytes)
    guard case (_, .file(let data))? = try archive.next(limit: limit) else { return Data() }
    return data
}

/// libarchive's reader of one file.
private final class ArchiveReader {
    private let archive: OpaquePointer
    private let url: URL
    private let raw: Bool
    private var last: String?

    init(_ url: URL, raw: Bool = false) throws {
        guard let archive = archive_read_new() else { throw ImportError("no archive reader") }
        (self.archive, self.url, self.raw) = (archive, url, raw)
        archive_read_support_filter_all(archive)
        if raw {
            archive_read_support_format_raw(archive)
            archive_read_support_format_empty(archive)
        } else {
            archive_read_support_format_tar(archive)
        }
        guard archive_read_open_filename(archive, url.path, 1 << 20) == ARCHIVE_OK else {
            throw fault
        }
    }

    deinit { archive_read_free(archive) }

    /// The next entry; the whole file, of at most `limit` bytes, where it is read raw.
    func next(
        limit: Int = SourceEntry.mostBytes
    ) throws -> (path: String, entry: SourceEntry)? {
        var header: OpaquePointer?
        let status = archive_read_next_header(archive, &header)
        if status == ARCHIVE_EOF { return nil }
        // A warning tells of a name or an attribute that could not be converted.
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let header else { throw fault }
        let name = archive_entry_pathname_utf8(header) ?? archive_entry_pathname(header)
        let path = name.map { String(cString: $0) } ?? ""
        last = path
        return (path, try entry(header, limit))
    }

    private func entry(_ header: OpaquePointer, _ limit: Int) throws -> SourceEntry {
        if raw {
            guard let data = try rest(limit) else {
                throw ImportError(
                    "\(url.path) is compressed and holds more than \(limit) bytes; decompress it "
                        + "before, so that its size can be seen"
                )
            }
            return .file(data)
        }
        guard archive_entry_hardlink(header) == nil else { return .notAFile }
        switch mode_t(archive_entry_filetype(header)) {
        case S_IFDIR: return .folder
        case S_IFREG: break
        default: return .notAFile
        }
        let size = Int(archive_entry_size(header))
        guard size <= limit else { return .tooLarge(size) }
        guard let data = try rest(size), data.count == size else { throw fault }
        return .file(data)
    }

    /// What is left of the current entry; nil where that is more than `limit` bytes.
    private func rest(_ limit: Int) throws -> Data? {
        var data = Data()
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let read = archive_read_data(archive, &piece, piece.count)
            guard read >= 0 else { throw fault }
            if read == 0 { return data }
            guard data.count + read <= limit else { return nil }
            data.append(contentsOf: piece[..<read])
        }
    }

    private var fault: ImportError {
        let reason = archive_error_string(archive).map { String(cString: $0) } ?? "unreadable"
        if raw { return ImportError("\(url.path) cannot be read: \(reason)") }
        guard let last else {
            return ImportError("\(url.path) is neither a folder nor a tar of images: \(reason)")
        }
        return ImportError("\(url.path) is damaged at '\(last)': \(reason); nothing was imported")
    }
}
