import Foundation

/// A port that nothing listens on now, at any address; whoever listens there has a moment in which
/// another process can take it.
///
/// - Throws: `POSIXError` where the system gives none.
public func freePort() throws -> Int {
    let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(made) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(made, $0, size) == 0 ? getsockname(made, $0, &size) : -1
        }
    }
    guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    return Int(UInt16(bigEndian: address.sin_port))
}
