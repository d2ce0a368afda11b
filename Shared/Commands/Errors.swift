import Foundation

/// A call that cannot be understood, in a sentence; the program ends with status 64.
public struct UsageError: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// What was asked could not be done, in a sentence; the program ends with status 1.
public struct Failure: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// It was done, and the answer is bad news: what was compared disagrees. The program ends with
/// status 1.
public struct Findings: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// The error in a sentence: one of a file as "PATH: what", where Foundation would print all its fields.
public func sentence(of error: any Error) -> String {
    let fields = error as NSError
    guard [NSCocoaErrorDomain, NSPOSIXErrorDomain].contains(fields.domain) else {
        return "\(error)"
    }
    let path =
        fields.userInfo[NSFilePathErrorKey] as? String
        ?? (fields.userInfo[NSURLErrorKey] as? URL)?.path
    return [path, what(fields)].compactMap { $0 }.joined(separator: ": ")
}

/// What the system said, else what Foundation's code stands for.
private func what(_ fields: NSError) -> String {
    let cause =
        (fields.userInfo[NSUnderlyingErrorKey] as? any Error).map { $0 as NSError } ?? fields
    if cause.domain == NSPOSIXErrorDomain { return reason(Int32(cause.code)) }
    switch CocoaError.Code(rawValue: fields.code) {
    case .fileNoSuchFile, .fileReadNoSuchFile: return reason(ENOENT)
    case .fileReadNoPermission, .fileWriteNoPermission: return reason(EACCES)
    case .fileWriteFileExists: return reason(EEXIST)
    case .fileWriteOutOfSpace: return reason(ENOSPC)
    case .fileWriteVolumeReadOnly: return reason(EROFS)
    case .fileReadInapplicableStringEncoding, .fileReadCorruptFile: return "it is no text"
    default: return "it cannot be read or written (Cocoa error \(fields.code))"
    }
}

/// What the system calls an error, as the end of a sentence.
func reason(_ number: Int32) -> String {
    let text = String(cString: strerror(number))
    return text.prefix(1).lowercased() + text.dropFirst()
}
