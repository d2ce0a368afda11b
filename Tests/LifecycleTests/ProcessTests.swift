import Foundation
import Lifecycle
import Testing

@Suite struct ProcessTests {
    @Test func `a process started from a thread that blocks SIGTERM is ended by it`() throws {
        var (set, before) = (sigset_t(), sigset_t())
        sigaddset(&set, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &set, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let sleeper = Process()
        sleeper.executableURL = URL(filePath: "/bin/sleep")
        sleeper.arguments = ["20"]
        try sleeper.start()
        sleeper.terminate()
        sleeper.waitUntilExit()
        #expect(sleeper.terminationReason == .uncaughtSignal)
    }
}
