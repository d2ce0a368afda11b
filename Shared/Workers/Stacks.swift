import CStacks
import Foundation
import Logging

extension ChildProcess {
    /// Logs what each of the child's threads is at, as the kernel sees it, and has the child write
    /// its own stacks to standard error, which it shares with this process; takes a second. A child
    /// that is stopped cannot answer, so the kernel is asked first.
    func logStacks(_ logger: Logger) {
        logger.error("stalled", ["pid": "\(identifier)", "threads": threads(of: identifier)])
        send(SIGQUIT)
        Thread.sleep(forTimeInterval: 1)
    }
}

/// What each thread of `process` is doing, as far as the kernel says: its name, state, and the system
/// call and kernel function that it is in; the kernel's stack, where this process may read it.
func threads(of process: Int32) -> String {
    let folder = "/proc/\(process)/task"
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return tasks.sorted().prefix(64).map { task in
        let read = { (file: String) in
            (try? String(contentsOfFile: "\(folder)/\(task)/\(file)", encoding: .utf8))?
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let state = read("status")?.split(separator: "\n").first { $0.hasPrefix("State:") }
            .map { $0.dropFirst(6).trimmingCharacters(in: .whitespaces) }
        let stack = read("stack").map { $0.split(separator: "\n").joined(separator: " < ") }
        let parts = [read("comm"), state, read("wchan"), read("syscall"), stack]
        return task + " " + parts.map { $0 ?? "?" }.joined(separator: " ")
    }.joined(separator: "; ")
}

/// Keeps the secrets of this process, its environment and memory, from other processes of the same
/// user and out of core dumps. A child is not hidden: executing a program ends that.
func hideFromOthers() {
    _ = cs_hide()
    // A hidden process cannot list its own files any more, and whoever starts a child then closes
    // every number below this limit.
    var limit = rlimit()
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(kind, &limit) == 0 else { return }
    limit.rlim_cur = min(limit.rlim_cur, 4_096)
    setrlimit(kind, &limit)
}
