import CTorch

/// What libtorch refused, in its own words.
public struct TensorError: Error, CustomStringConvertible {
    public let message: String
    public var description: String { message }

    /// Whether memory of the host or the device was not to be had.
    public var isOutOfMemory: Bool {
        ["can't allocate memory", "out of memory", "not enough memory", "bad_alloc"].contains {
            message.contains($0)
        }
    }
}

/// How many `checked` scopes are open on this thread; only ever read and written by it.
@TaskLocal private var checkedDepth = 0

/// Runs a stretch of mathematics and throws the first refusal of libtorch inside it.
///
/// After a refusal the remaining operators do nothing. Side effects (an optimizer step, a file)
/// belong after the scope, never inside it. Outside any scope a refusal stops the process.
///
/// - Throws: `TensorError` with the first message, or what `body` throws.
public func checked<Value>(_ body: () throws -> Value) throws -> Value {
    let result = Result { try $checkedDepth.withValue(checkedDepth + 1) { try body() } }
    if checkedDepth == 0, let message = ct_take_error() {
        throw TensorError(message: String(cString: message))
    }
    return try result.get()
}

/// Called where a refused call would go unnoticed: ends the process unless a scope will report it.
func stopUnlessChecked() {
    guard checkedDepth == 0, let message = ct_take_error() else { return }
    fatalError("libtorch refused a call outside `checked`: \(String(cString: message))")
}
