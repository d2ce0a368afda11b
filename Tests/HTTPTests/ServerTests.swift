import Foundation
import HTTP
import Testing

@Suite(.timeLimit(.minutes(1))) struct ServerTests {
    @Test func `a path is answered with status, type and body`() throws {
        let server = try Server("0") { Response($0 == "/x" ? 200 : 404, type: "a/b", "path \($0)") }
        let answer = try Client(server.port).exchange("GET /x HTTP/1.0\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.0 200 OK\r\n") || answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("Content-Type: a/b\r\n") && answer.hasSuffix("\r\n\r\npath /x"))
        #expect(try Client(server.port).exchange("GET /y HTTP/1.0\r\n\r\n").contains(" 404 "))
        #expect(try Client(server.port).exchange("DELETE /x HTTP/1.0\r\n\r\n").contains(" 405 "))
    }

    /// Clients that stop in their request, and such that do not read a large answer.
    @Test func `fault 55: scrapes that hang hold up nobody`() throws {
        let large = String(repeating: "x", count: 8_000_000)
        let server = try Server("127.0.0.1:0") { Response(200, $0 == "/large" ? large : "small") }
        var hanging: [Client] = []
        for number in 0..<20 {
            let client = try Client(server.port)
            client.send(number % 2 == 0 ? "GET /sm" : "GET /large HTTP/1.0\r\n\r\n")
            hanging.append(client)
        }
        let start = ContinuousClock.now
        #expect(try Client(server.port).exchange("GET / HTTP/1.0\r\n\r\n").hasSuffix("small"))
        #expect(ContinuousClock.now - start < .seconds(5))
        withExtendedLifetime(hanging) {}
    }

    @Test func `fault 55: a port in use is an error that says so`() throws {
        let server = try Server("127.0.0.1:0") { _ in Response(200, "") }
        let error = #expect(throws: HTTPError.self) {
            try Server("127.0.0.1:\(server.port)") { _ in Response(200, "") }
        }
        #expect(
            error?.description == "HTTP: nothing can listen on '127.0.0.1:\(server.port)': "
                + "Address already in use; choose another port"
        )
    }

    @Test(arguments: ["", "host", "127.0.0.1:", ":80", "127.0.0.1:http", "127.0.0.1:65536"])
    func `an address that is none is refused by name`(address: String) {
        let error = #expect(throws: HTTPError.self) {
            try Server(address) { _ in Response(200, "") }
        }
        #expect(error?.description.contains("'\(address)' is not host:port") == true)
    }

    @Test func `a port alone is loopback's`() throws {
        let server = try Server("0") { _ in Response(200, "here") }
        #expect(try Client(server.port).exchange("GET / HTTP/1.0\r\n\r\n").hasSuffix("here"))
        let listening = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
        #expect(listening.contains("0100007F:" + String(format: "%04X", server.port)))
    }
}
