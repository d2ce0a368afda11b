import Foundation
public import Jobs

/// What the store refuses, and what to do about it.
public struct StoreError: ClassifiedError, CustomStringConvertible {
    /// `permanent` for what is missing or damaged, `resource` for a full disk or a limit, else `transient`.
    public let failureClass: JobFailure.Class
    public let description: String

    public init(_ failureClass: JobFailure.Class = .permanent, description: String) {
        (self.failureClass, self.description) = (failureClass, description)
    }

    /// A write or a folder that the system refused.
    init(_ attempt: String, _ error: any Error) {
        if let error = error as? StoreError {
            self = error
            return
        }
        let code = systemCode(error)
        let full = code == .ENOSPC || code == .EDQUOT || code == .EFBIG
        let reason =
            switch code {
            case .ENOSPC, .EDQUOT: "the disk is full; free some space and run the job again"
            case .EFBIG: "it is larger than a file may be here; raise the limit (ulimit -f)"
            default: code.map { String(cString: strerror($0.rawValue)) } ?? "\(error)"
            }
        self.init(full ? .resource : .transient, description: "\(attempt): \(reason)")
    }
}

/// The error number that `error` stands for, where it is the system's.
func systemCode(_ error: any Error) -> POSIXErrorCode? {
    if let code = (error as? POSIXError)?.code { return code }
    let found = error as NSError
    if found.domain == NSPOSIXErrorDomain { return POSIXErrorCode(rawValue: Int32(found.code)) }
    if let inner = found.userInfo[NSUnderlyingErrorKey] as? any Error { return systemCode(inner) }
    switch (error as? CocoaError)?.code {
    case .fileWriteOutOfSpace: return .ENOSPC
    case .fileWriteVolumeReadOnly: return .EROFS
    case .fileWriteNoPermission: return .EACCES
    default: return nil
    }
}
