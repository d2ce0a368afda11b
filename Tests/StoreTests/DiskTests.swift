import Foundation
import Glibc
import Jobs
import Store
import Testing

/// Whether this machine lets us mount a file system of our own; says aloud where it does not.
private let canMount: Bool = {
    guard getuid() == 0 else {
        print("Full and read-only disks are not tested: only root can mount them")
        return false
    }
    return true
}()

/// Runs `body` with a file system of 256 KiB in memory, gone with the test.
private func withDisk(_ body: (URL) throws -> Void) throws {
    try withFolder { folder in
        try #require(mount("tmpfs", folder.path, "tmpfs", 0, "size=256k") == 0)
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        try body(folder)
    }
}

@Suite(.serialized, .enabled(if: canMount)) struct DiskTests {
    @Test func `a full disk is named, and nothing partial stays`() throws {
        try withDisk { disk in
            let store = try ArtifactStore(url: disk.absoluteString)
            let small = try store.put(Data("small".utf8))
            let large = Data(repeating: 7, count: 1 << 20)
            let writers: [() throws -> Void] = [
                { _ = try store.put(large) }, { _ = try store.put { try large.write(to: $0) } },
            ]
            for write in writers {
                let error = #expect(throws: StoreError.self) { try write() }
                #expect(error?.failureClass == .resource)
                #expect(error?.description.contains("the disk is full; free some space") == true)
            }
            let left = try FileManager.default.contentsOfDirectory(
                atPath: disk.appending(path: "partial").path
            )
            #expect(left.isEmpty)
            #expect(try store.read(small) == Data("small".utf8))
        }
    }

    @Test func `a read-only store can be read and says why it takes nothing`() throws {
        try withDisk { disk in
            let digest = try ArtifactStore(url: disk.absoluteString).put(Data("one".utf8))
            let flags = UInt(MS_REMOUNT | MS_RDONLY)
            try #require(mount("tmpfs", disk.path, "tmpfs", flags, "size=256k") == 0)
            let store = try ArtifactStore(url: disk.absoluteString)
            #expect(try store.read(digest) == Data("one".utf8))
            #expect(try store.put(Data("one".utf8)) == digest)
            let error = #expect(throws: StoreError.self) { try store.put(Data("two".utf8)) }
            #expect(error?.failureClass == .transient)
            #expect(error?.description.contains("Read-only file system") == true)
        }
    }
}
