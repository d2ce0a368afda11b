public import Foundation
public import Jobs

extension ArtifactStore {
    /// How long a blob that no row counts on is left alone: its writer may not have recorded it yet.
    public static let grace: TimeInterval = 86_400

    /// Removes a blob that nothing counts on and returns its size; nil where it is younger than
    /// `grace` at `now`, or gone. Whoever stores the same bytes before that makes the blob young, and
    /// whoever does after it writes his own.
    ///
    /// `now` is a time before the rows were asked: what was stored later than a day before that may
    /// have got its row since.
    ///
    /// - Throws: `StoreError` where the blob cannot be removed.
    @discardableResult
    public func collect(_ digest: Digest, now: Date) throws -> Int? {
        try remove(path(of: digest), now)
    }

    /// Removes what a write left behind that never ended and returns its size; nil where that is young
    /// or gone.
    ///
    /// - Throws: `StoreError` where it cannot be removed.
    @discardableResult
    public func collect(_ leftover: StoreListing.Leftover, now: Date) throws -> Int? {
        try remove(root.appending(path: leftover.path), now)
    }

    private func remove(_ place: URL, _ now: Date) throws -> Int? {
        do {
            return try withLock(alone: true) {
                var status = stat()
                guard lstat(place.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                    return nil
                }
                let modified = Date(timeIntervalSince1970: TimeInterval(status.st_mtim.tv_sec))
                guard now.timeIntervalSince(modified) > ArtifactStore.grace else { return nil }
                guard unlink(place.path) == 0 else { throw POSIXError.last }
                return Int(status.st_size)
            }
        } catch {
            throw StoreError("cannot remove \(place.path)", error)
        }
    }

    /// Runs `body` while nothing is removed from the store; `alone` also while nothing is put there.
    /// The lock ends with its process.
    func withLock<Value>(alone: Bool = false, _ body: () throws -> Value) throws -> Value {
        var file = open(root.appending(path: "lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        // Who may not make files here locks what is there for all.
        if file < 0 { file = open(root.appending(path: "lock").path, O_RDONLY | O_CLOEXEC) }
        if file < 0 { file = open(root.appending(path: "blobs").path, O_RDONLY | O_CLOEXEC) }
        guard file >= 0 else { throw POSIXError.last }
        defer { close(file) }
        while flock(file, alone ? LOCK_EX : LOCK_SH) != 0 {
            if errno == EINTR { continue }
            // A disk without locks takes blobs; it cannot be collected from.
            guard alone else { break }
            throw POSIXError.last
        }
        return try body()
    }
}
