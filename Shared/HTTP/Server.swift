import CMicroHTTP
import Foundation

/// What a server answers.
public struct Response: Sendable {
    let status: Int
    let type: String
    let body: String

    public init(_ status: Int, type: String = "text/plain; charset=utf-8", _ body: String) {
        (self.status, self.type, self.body) = (status, type, body)
    }
}

/// A server for GET requests, on threads of its own, until it is let go.
///
/// libmicrohttpd multiplexes the connections of a thread, so a client that reads slowly holds up
/// nobody; one that stays silent for ten seconds is cut off.
public final class Server {
    private let daemon: OpaquePointer
    private let handler: Handler
    /// The port it listens on, where none was asked for too.
    public let port: Int

    /// Listens on `address`: `host:port`, `[host]:port`, or a port of loopback. Port 0 is a free one.
    /// `respond` gets a path and is called from several threads.
    ///
    /// - Throws: `HTTPError` saying what is wrong with the address, or that it is in use.
    public init(_ address: String, respond: @escaping @Sendable (String) -> Response) throws {
        let socket = try ListeningSocket(address)
        handler = Handler(respond)
        let flags = MHD_USE_INTERNAL_POLLING_THREAD.rawValue | MHD_USE_AUTO.rawValue
        let options: [any CVarArg] = [
            MHD_OPTION.LISTEN_SOCKET.rawValue, socket.descriptor,
            MHD_OPTION.THREAD_POOL_SIZE.rawValue, UInt32(2),
            MHD_OPTION.CONNECTION_LIMIT.rawValue, UInt32(64),
            MHD_OPTION.CONNECTION_TIMEOUT.rawValue, UInt32(10),
            MHD_OPTION.END.rawValue,
        ]
        let context = Unmanaged.passUnretained(handler).toOpaque()
        let started = withVaList(options) {
            MHD_start_daemon_va(flags, 0, nil, nil, answer, context, $0)
        }
        guard let started else {
            close(socket.descriptor)
            throw HTTPError("the server for \(address) cannot be started")
        }
        (daemon, port) = (started, socket.port)
    }

    deinit { MHD_stop_daemon(daemon) }
}

/// The closure behind a C pointer.
private final class Handler: Sendable {
    let respond: @Sendable (String) -> Response
    init(_ respond: @escaping @Sendable (String) -> Response) { self.respond = respond }
}

private let answer: MHD_AccessHandlerCallback = {
    context,
    connection,
    path,
    method,
    _,
    _,
    _,
    _ in
    guard let context, let connection, let path, let method else { return .NO }
    let allowed = ["GET", "HEAD"].contains(String(cString: method))
    let handler = Unmanaged<Handler>.fromOpaque(context).takeUnretainedValue()
    let response =
        allowed
        ? handler.respond(String(cString: path)) : Response(405, "only GET is answered here\n")
    return send(response, connection)
}

private func send(_ response: Response, _ connection: OpaquePointer) -> MHD_Result {
    var bytes = Array(response.body.utf8)
    let native = bytes.withUnsafeMutableBytes {
        MHD_create_response_from_buffer($0.count, $0.baseAddress, .RESPMEM_MUST_COPY)
    }
    guard let native else { return .NO }
    defer { MHD_destroy_response(native) }
    MHD_add_response_header(native, "Content-Type", response.type)
    MHD_add_response_header(native, "Cache-Control", "no-store")
    return MHD_queue_response(connection, UInt32(response.status), native)
}
