import Testing

@testable import AWS
@testable import Platform

@Suite("a service's clock, read off an answer", .limited)
struct ClockReadingTests {
    @Test(
        "whole seconds and the time of the answer are the error of the reading",
        arguments: [
            (date: 10_000, asked: 10_400, answered: 10_600, offset: 0, error: 600),
            (date: 10_000, asked: 70_400, answered: 70_600, offset: -60_000, error: 600),
            (date: 10_000, asked: 10_500, answered: 12_500, offset: -1_000, error: 1_500),
            // A clock that was put back meanwhile.
            (date: 10_000, asked: 10_500, answered: 9_500, offset: 0, error: 500),
        ] as [(date: Int64, asked: Int64, answered: Int64, offset: Int64, error: Int64)])
    func reading(date: Int64, asked: Int64, answered: Int64, offset: Int64, error: Int64) {
        let reading = ClockReading(
            date: Timestamp(milliseconds: date), asked: Timestamp(milliseconds: asked),
            answered: Timestamp(milliseconds: answered))
        #expect(reading.offsetMilliseconds == offset && reading.errorMilliseconds == error)
    }
}
