public import Foundation
public import Jobs

extension ArtifactStore {
    /// How long a blob that no row counts on is left alone: its writer may not have recorded it yet.
    public static let grace: TimeInterval = 86_400

    /// Removes a blob that nothing counts on; false where it is younger than `grace`, or gone.
    ///
    /// Whoever stores the same bytes meanwhile makes the blob young, or finds it gone and writes its
    /// own. So it is set aside first and looked at then.
    @discardableResult
    public func collect(_ digest: Digest, now: Date = Date()) throws -> Bool {
        let (place, aside) = (
            path(of: digest), root.appending(path: "partial/\(UUID().uuidString)")
        )
        guard isOld(place.path, now), rename(place.path, aside.path) == 0 else { return false }
        guard isOld(aside.path, now) else {
            // The same bytes may have been put there again: then both are the same.
            guard rename(aside.path, place.path) == 0 else {
                throw StoreError("cannot put \(digest) back", lastError())
            }
            return false
        }
        guard unlink(aside.path) == 0 else {
            throw StoreError("cannot remove \(aside.path)", lastError())
        }
        return true
    }

    private func isOld(_ path: String, _ now: Date) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        let modified = Date(timeIntervalSince1970: TimeInterval(status.st_mtim.tv_sec))
        return now.timeIntervalSince(modified) > ArtifactStore.grace
    }
}

private func lastError() -> POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
