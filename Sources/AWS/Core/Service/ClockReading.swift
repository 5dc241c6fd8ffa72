import HTTPClient
import Platform

/// How far a service's clock is from this machine's, by the `Date` of one answer.
public struct ClockReading: Hashable, Sendable {
    /// That the service's clock is ahead.
    public let offsetMilliseconds: Int64
    /// Either way: half a second, as the date has whole ones, and half of the time that the answer took.
    public let errorMilliseconds: Int64

    /// `date`: as the service wrote it, whole seconds. `asked`, `answered`: by this machine's clock. The service wrote it somewhere in between.
    init(date: Timestamp, asked: Timestamp, answered: Timestamp) {
        let half = max(0, answered.milliseconds - asked.milliseconds) / 2
        offsetMilliseconds = date.milliseconds + 500 - (asked.milliseconds + half)
        errorMilliseconds = 500 + half
    }
}

extension ServiceClient {
    /// Reads the service's clock off the answer to an operation. Nil: it bears no date. Waits for the network; not on a callback's thread.
    public func readClock(asking operation: some AWSOperation) throws(AWSError) -> ClockReading? {
        let asked = Timestamp.now
        let response = try perform(type(of: operation).name, operation.body, operation.line)
        let answered = Timestamp.now
        return response.header("date").flatMap { Timestamp(httpDate: $0) }.map {
            ClockReading(date: $0, asked: asked, answered: answered)
        }
    }
}
