import Foundation

/// An open folder of a store. What is looked at or opened in it is never a link.
final class Folder {
    private let descriptor: Int32

    /// Opens the folder of a store itself, which may be a link: where it lies is its owner's to say.
    ///
    /// - Throws: `POSIXError`
    init(_ path: String) throws {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw POSIXError.last }
    }

    /// - Throws: `POSIXError`, also where `name` is a link.
    init(_ name: String, in parent: Folder) throws {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        descriptor = openat(parent.descriptor, name, flags)
        guard descriptor >= 0 else { throw POSIXError.last }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What lies in it, in the order of the names.
    ///
    /// - Throws: `POSIXError`
    func entries() throws -> [Entry] {
        // closedir closes what it lists.
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw POSIXError.last }
        guard let listing = fdopendir(copy) else {
            let error = POSIXError.last
            close(copy)
            throw error
        }
        defer { closedir(listing) }
        var entries: [Entry] = []
        while let next = try readNext(listing) {
            let entry = withUnsafePointer(to: &next.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { look(at: $0) }
            }
            if let entry, ![".", ".."].contains(entry.name) { entries.append(entry) }
        }
        return entries.sorted { $0.name < $1.name }
    }

    /// What the system tells next; nil at the end, which an error looks like but for `errno`.
    private func readNext(_ listing: OpaquePointer) throws -> UnsafeMutablePointer<dirent>? {
        errno = 0
        let next = readdir(listing)
        guard next != nil || errno == 0 else { throw POSIXError.last }
        return next
    }

    /// The entry `name`; nil where there is none.
    func entry(_ name: String) -> Entry? { look(at: name) }

    /// By the name's own bytes, which need be no text; nil for what is gone meanwhile.
    private func look(at name: UnsafePointer<CChar>) -> Entry? {
        var status = stat()
        let text = String(cString: name)
        if fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 {
            return Entry(name: text, status)
        }
        return errno == ENOENT ? nil : Entry(name: text, hiddenBy: POSIXError.last.sentence)
    }

    /// Opens the file `name`; a pipe in its place does not keep the caller waiting.
    ///
    /// - Throws: `POSIXError`; of the code `EINVAL` for what is no file.
    func file(_ name: String) throws -> FileHandle {
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw POSIXError.last }
        let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        var status = stat()
        guard fstat(file, &status) == 0 else { throw POSIXError.last }
        guard status.st_mode & S_IFMT == S_IFREG else { throw POSIXError(.EINVAL) }
        posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL)
        return handle
    }
}

/// One entry of a folder, not followed where it is a link.
struct Entry {
    enum Form: Equatable { case file, folder, link, other, hidden(reason: String) }

    let name: String
    let form: Form
    let bytes: Int
    /// When it was written, or stored again.
    let modified: Date

    init(name: String, _ status: stat) {
        self.name = name
        form =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        bytes = Int(status.st_size)
        modified = Date(timeIntervalSince1970: TimeInterval(status.st_mtim.tv_sec))
    }

    init(name: String, hiddenBy reason: String) {
        (self.name, form, bytes, modified) = (name, .hidden(reason: reason), 0, .distantPast)
    }

    /// The name as one line of text.
    var shown: String { String(name.map { $0.isNewline || $0 == "\t" ? "\u{FFFD}" : $0 }) }

    /// What it is, in a sentence.
    var sentence: String {
        switch form {
        case .file: "it is a file"
        case .folder: "it is a folder"
        case .link: "it is a link"
        case .other: "it is a pipe, a socket or a device"
        case .hidden(let reason): reason
        }
    }
}

extension POSIXError {
    static var last: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }

    /// What the system calls it, as the end of a sentence.
    var sentence: String {
        let text = String(cString: strerror(code.rawValue))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
