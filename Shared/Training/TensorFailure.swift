public import Jobs
public import Tensors

extension TensorError: ClassifiedError {
    /// Less memory at once may do; whatever else libtorch refused may pass.
    public var failureClass: JobFailure.Class { isOutOfMemory ? .resource : .transient }
}
