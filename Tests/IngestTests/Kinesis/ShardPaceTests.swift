import TestSupport
import Testing

@testable import Ingest

@Suite("when a shard is polled", .limited)
struct ShardPaceTests {
    private typealias Pace = ShardPoller.Pace

    /// The times of calls, each of which is answered so much later; `stalls`: the first answers take that long instead.
    private func calls(_ pace: Pace, from first: Duration, count: Int, answer: Duration, stalls: [Duration] = []) -> [Duration]
    {
        var calls = [first]
        while calls.count < count {
            let took = calls.count <= stalls.count ? stalls[calls.count - 1] : answer
            let now = calls[calls.count - 1] + took
            calls.append(pace.next(after: calls[calls.count - 1], now: now))
        }
        return calls
    }

    /// How far behind its phase a call is, as a part of the interval.
    private func late(_ call: Duration, _ pace: Pace) -> Double {
        let turns = call / pace.interval - pace.phase
        return turns - turns.rounded(.down)
    }

    @Test(
        "wherever its first poll was, a shard is at its phase after ten polls and stays there, never sooner than the interval")
    func phase() {
        for start in stride(from: 0, to: 410, by: 7) {
            for phase in [0, 0.1, 0.5, 0.99] {
                let pace = Pace(phase: phase)
                let calls = calls(pace, from: .milliseconds(start), count: 30, answer: .milliseconds(8))
                let steps = zip(calls, calls.dropFirst()).map { $1 - $0 }
                #expect(
                    steps.allSatisfy { $0 > pace.interval - .microseconds(1) && $0 < pace.interval * 9 / 8 + .microseconds(1) })
                #expect(
                    calls.dropFirst(10).allSatisfy { late($0, pace) <= 1 / Pace.latePart + 1e-6 || late($0, pace) > 1 - 1e-6 })
                #expect(steps.dropFirst(10).allSatisfy { $0 < pace.interval + .microseconds(1) })
            }
        }
    }

    @Test(
        "shards that were polled at one time, by a start or a stall, are polled apart soon after",
        arguments: [2, 3, 4, 5, 8, 13])
    func apart(shards: Int) {
        // As far apart as an equal share of the interval allows, but for a third.
        let least = 1 / Double(shards) / 3 - 1 / Pace.latePart
        for first in [0, 1, 100] {
            let last = (first..<first + shards).map { number in
                let pace = Pace(phase: Pace.phase(of: number))
                return calls(pace, from: .zero, count: 40, answer: .milliseconds(8), stalls: [.seconds(3)]).last ?? .zero
            }
            let turns = last.map { ($0 / Pace().interval).truncatingRemainder(dividingBy: 1) }.sorted()
            let gaps = zip(turns, turns.dropFirst() + [turns[0] + 1]).map { $1 - $0 }
            #expect(gaps.allSatisfy { $0 >= least }, "\(first): \(gaps)")
        }
    }

    @Test("where every answer takes longer than the interval, a call waits for an eighth of it at most")
    func slow() {
        let pace = Pace(phase: 0.3)
        let calls = calls(pace, from: .milliseconds(5), count: 50, answer: .milliseconds(230))
        for (call, next) in zip(calls, calls.dropFirst()) {
            #expect(
                next - call >= .milliseconds(230) && next - call <= .milliseconds(230) + pace.interval / 8 + .microseconds(1))
        }
    }

    @Test("after a large answer the shard rests for as long as its bytes take, and no longer")
    func bytes() {
        for phase in [0, 0.4, 0.8] {
            let pace = Pace(phase: phase, bytesPerSecond: 1 << 20)
            #expect(pace.next(after: .zero, bytes: 1 << 20, now: .milliseconds(100)) == .seconds(1))
        }
    }

    @Test("without an interval nothing is waited for")
    func none() {
        #expect(Pace(interval: .zero, phase: 0.5).next(after: .zero, now: .seconds(1)) == .seconds(1))
    }
}
