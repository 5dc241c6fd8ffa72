import FailoverCore
import TestSupport
import Testing

@Suite("whether Connect's API of a Region answers", .limited)
struct ConnectAPIPulseTests {
    private static let answered = HeardAnswer.answered
    private static let silent = HeardAnswer.silent("timed out")
    private static let unclear = HeardAnswer.unclear("ThrottlingException")

    @Test(
        "three silences in a row make it unhealthy, one answer healthy, and anything else unknown",
        arguments: [
            ([answered], SignalState.healthy),
            ([silent], .unknown),
            ([silent, silent], .unknown),
            ([silent, silent, silent], .unhealthy),
            ([silent, silent, silent, silent], .unhealthy),
            ([silent, silent, silent, answered], .healthy),
            ([silent, silent, answered, silent], .unknown),
            ([unclear], .unknown),
            ([unclear, unclear, unclear, unclear], .unknown),
            ([silent, silent, unclear, silent], .unknown),
            ([silent, silent, silent, unclear], .unknown),
            ([answered, unclear], .unknown),
        ])
    func rows(answers: [HeardAnswer], expected: SignalState) throws {
        var pulse = ConnectAPIPulse(region: "us-east-1", isOwn: false)
        let signals = answers.enumerated().map { pulse.take($1, to: "DescribeInstance", asked: Int64($0) * 3_000) }
        let last = try #require(signals.last)
        #expect(last.state == expected)
        #expect(last.observedAt == Int64(answers.count - 1) * 3_000)
        #expect((last.kind, last.region) == (.connectAPI, "us-east-1"))
    }

    @Test("it is doubtful from the first silence until there are enough of them")
    func doubt() {
        var pulse = ConnectAPIPulse(region: "us-east-1", isOwn: false)
        var doubts: [Bool] = []
        for answer in [Self.answered, Self.silent, Self.silent, Self.silent, Self.silent, Self.answered] {
            _ = pulse.take(answer, to: "DescribeInstance", asked: 0)
            doubts.append(pulse.isDoubtful)
        }
        #expect(doubts == [false, true, true, false, false, false])
    }

    @Test("it says for how long it was silent, and why nothing was learned")
    func evidence() {
        var pulse = ConnectAPIPulse(region: "us-east-1", isOwn: false)
        for time in [10_000, 13_000] { _ = pulse.take(Self.silent, to: "DescribeInstance", asked: Int64(time)) }
        #expect(
            pulse.take(Self.silent, to: "DescribeInstance", asked: 16_000).evidence
                == "3 questions in a row were not answered, for 6 s; the last: timed out")
        #expect(
            pulse.take(Self.unclear, to: "DescribeInstance", asked: 19_000).evidence
                == "what came back says nothing of the Region: ThrottlingException")
    }

    @Test("across Regions it stands on the link between them, at home on nothing but the endpoint")
    func path() {
        var (there, here) = (
            ConnectAPIPulse(region: "us-east-1", isOwn: false), ConnectAPIPulse(region: "us-west-2", isOwn: true)
        )
        #expect(there.take(Self.silent, to: "DescribeInstance", asked: 0).path == SignalPath(.between))
        #expect(here.take(Self.silent, to: "DescribeInstance", asked: 0).path == SignalPath(.ownEndpoint))
    }
}
