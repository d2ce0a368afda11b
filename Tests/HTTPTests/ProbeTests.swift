import Foundation
import HTTP
import Testing

@Suite(.timeLimit(.minutes(1))) struct ProbeTests {
    private static let hasIPv6 =
        (try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8))?.isEmpty == false

    @Test(arguments: ["", "127.0.0.1:", "localhost:", "0.0.0.0:", "[::1]:", "[::]:"])
    func `a server is asked wherever it can be told to listen`(host: String) throws {
        guard ProbeTests.hasIPv6 || !host.contains("[") else { return }
        let server = try Server(host + "0") { Response(203, "path \($0)") }
        let page = try Page("/x", from: host + "\(server.port)")
        #expect(page.status == 203 && page.body == "path /x")
    }

    @Test(arguments: ["", "host", "127.0.0.1:", "unset"])
    func `an address that is none is refused by name`(address: String) {
        let error = #expect(throws: HTTPError.self) { try Page("/", from: address) }
        #expect(error?.description.contains("'\(address)' is not host:port") == true)
    }

    /// One that sends a byte every tenth of a second never ends by itself.
    @Test func `a server that trickles is cut off`() throws {
        let listener = try Listener()
        Thread.detachNewThread { listener.trickle() }
        let start = ContinuousClock.now
        #expect(throws: HTTPError.self) {
            try Page("/", from: "127.0.0.1:\(listener.port)", seconds: 1)
        }
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func `one that accepts and stays silent is cut off`() throws {
        let listener = try Listener()
        #expect(throws: HTTPError.self) {
            try Page("/", from: "127.0.0.1:\(listener.port)", seconds: 0.5)
        }
    }

    @Test func `what an unlistened port says is told`() throws {
        let port = try Listener().port
        let error = #expect(throws: HTTPError.self) { try Page("/", from: "127.0.0.1:\(port)") }
        #expect(
            error?.description.contains("no server at 127.0.0.1:\(port): Connection ref") == true
        )
    }
}

/// A socket on a free port of loopback that is no server.
private final class Listener: Sendable {
    private let descriptor: Int32
    let port: Int

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let status = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) | listen(descriptor, 1)
                    | getsockname(descriptor, $0, &size)
            }
        }
        try #require(status == 0)
        port = Int(UInt16(bigEndian: name.sin_port))
    }

    deinit { close(descriptor) }

    /// Sends its one client a byte every tenth of a second for ten seconds.
    func trickle() {
        let client = accept(descriptor, nil, nil)
        defer { close(client) }
        for byte in Array("HTTP/1.0 200 OK\r\n".utf8) + Array(repeating: 0x78, count: 80) {
            guard send(client, [byte], 1, Int32(MSG_NOSIGNAL)) == 1 else { return }
            Thread.sleep(forTimeInterval: 0.1)
        }
    }
}
