import Foundation
import Postgres
import Synchronization

/// A server process that ends when this process does, in whatever way that happens: a shell waits
/// for the server and reads from a socket whose other end only this process has.
///
/// Foundation's `Process` would start the shell with the signals blocked that Dispatch's threads
/// block, SIGCHLD among them, and the shell's `wait` would never return.
final class WatchedServer: Sendable {
    private struct State {
        var lifeline: Int32
        var hasEnded = false
    }

    let pid: pid_t
    private let state: Mutex<State>

    /// Runs "$@" until it ends or the lifeline does, then removes the folder $0.
    private static let watch = """
        exec 3<&0
        "$@" </dev/null 3<&- &
        server=$!
        (read -r _ <&3; kill -INT "$server") 2>/dev/null &
        watcher=$!
        exec 3<&-
        wait "$server"
        kill "$watcher" 2>/dev/null
        if [ -n "$0" ]; then rm -rf "$0"; fi
        """

    /// Starts `command`, its errors going to the file `log`; the folder `removed`, unless empty,
    /// goes when the command has ended.
    ///
    /// - Throws: `PostgresError` with the system's reason.
    init(_ command: [String], log: String, removed: String) throws(PostgresError) {
        // Close-on-exec from the start, so that no other child gets the end that we keep.
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        try WatchedServer.require(socketpair(AF_UNIX, kind, 0, &ends) == 0 ? 0 : errno)
        defer { close(ends[0]) }
        state = Mutex(State(lifeline: ends[1]))
        do {
            let words = ["/bin/sh", "-c", WatchedServer.watch, removed] + command
            pid = try WatchedServer.spawn(words, input: ends[0], errors: log)
        } catch {
            close(ends[1])
            throw error
        }
    }

    deinit { stop() }

    var isRunning: Bool {
        state.withLock { state in
            if !state.hasEnded, waitpid(pid, nil, WNOHANG) != 0 { state.hasEnded = true }
            return !state.hasEnded
        }
    }

    /// Ends the server and waits until it and its folder are gone.
    func stop() {
        state.withLock { state in
            if state.lifeline >= 0 { close(state.lifeline) }
            state.lifeline = -1
            while !state.hasEnded {
                state.hasEnded = waitpid(pid, nil, 0) == pid || errno != EINTR
            }
        }
    }

    /// Starts `words` in a session of its own, so that a terminal's interrupt passes it by, with
    /// no signal blocked and no file open but the standard three.
    private static func spawn(
        _ words: [String],
        input: Int32,
        errors: String
    ) throws(PostgresError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for file in open.compactMap({ Int32($0) }) where file > 2 {
            posix_spawn_file_actions_addclose(&actions, file)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        let newSession: Int32 = 0x80  // POSIX_SPAWN_SETSID, which Glibc's module leaves out
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | newSession))
        var pid: pid_t = 0
        let arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        try require(posix_spawn(&pid, words[0], &actions, &attributes, arguments, environ))
        return pid
    }

    private static func require(_ code: Int32) throws(PostgresError) {
        guard code == 0 else {
            throw PostgresError("the server cannot be started: \(String(cString: strerror(code)))")
        }
    }
}
