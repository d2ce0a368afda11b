public import Jobs
public import Statistics

extension StatisticsError: ClassifiedError {
    /// The same samples give the same numbers, so another attempt would end alike.
    public var failureClass: JobFailure.Class { .permanent }
}
