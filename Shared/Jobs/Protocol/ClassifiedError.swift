/// An error that knows whether another attempt at the job may help.
public protocol ClassifiedError: Error {
    var failureClass: JobFailure.Class { get }
}

extension JobFailure: ClassifiedError {
    public var failureClass: Class { reason }
}

extension SpecError: ClassifiedError {
    public var failureClass: JobFailure.Class { .invalid }
}
