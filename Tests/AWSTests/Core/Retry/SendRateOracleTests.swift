import Foundation
import TestSupport
import Testing

@testable import AWS

/// Botocore's adaptive mode beside ours, on the same answers at the same times.
@Suite("the adaptive rate compared with botocore", .waiting(minutes: 5))
struct SendRateOracleTests {
    private struct Step: Decodable {
        var milliseconds: Int
        var throttled: Bool
        var rate: Double
    }

    @Test("the adaptive rate equals botocore's after every response", arguments: [1, 2, 3])
    func rates(seed: Int) throws {
        var rate = SendRate(100.25)
        var steps = 0
        for line in try Oracle.lines("rates.py", "5000", "\(seed)") {
            let step = try JSONDecoder().decode(Step.self, from: line)
            rate.answered(throttled: step.throttled, Double(step.milliseconds) / 1000)
            #expect(abs(rate.fillRate - step.rate) <= 1e-9 * max(1, step.rate), "step \(steps)")
            steps += 1
        }
        #expect(steps == 5000)
    }
}
