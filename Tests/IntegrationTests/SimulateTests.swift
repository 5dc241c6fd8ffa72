import Foundation
import Testing

extension ProgramTests {
    @Suite("simulate")
    struct SimulateTests {
        private struct Report: Decodable {
            struct Failed: Decodable {
                var seed: Int
                var violations: [String]
                var reproduce: String
            }
            struct Naive: Decodable {
                var factsLost: Int
            }
            var seeds: Int
            var facts: Int
            var factsLost: Int
            var failed: [Failed]
            var naive: Naive?
            var lagMilliseconds: [String: [String: Int]]
        }

        @Test("passing seeds are reported without a lost fact")
        func passing() throws {
            let ended = try Scratch().converge("simulate", "--seeds", "2", "--events", "200", "--format", "json")
            #expect(ended.code == 0)
            let report = try JSONDecoder().decode(Report.self, from: Data(ended.text.utf8))
            #expect(report.seeds == 2)
            #expect(report.facts > 100)
            #expect(report.factsLost == 0)
            #expect(report.failed.isEmpty)
            #expect(report.naive != nil)
            #expect(!report.lagMilliseconds.isEmpty)
        }

        @Test("a failed seed is reported with the command that reproduces it with a trace")
        func failing() throws {
            let scratch = try Scratch()
            let arguments = ["simulate", "--events", "200", "--faults", "none", "--mutant", "commit-before-write"]
            let ended = try Program(arguments + ["--format", "json"], in: scratch).wait()
            #expect(ended.code == 1)
            let report = try JSONDecoder().decode(Report.self, from: Data(ended.output))
            let failed = try #require(report.failed.first)
            #expect(failed.violations[0].contains("is not durable"))
            #expect(ended.errors.contains(failed.reproduce + " --trace -"))

            let again = failed.reproduce.split(separator: " ").dropFirst().map(String.init)
            let traced = try Program(again + ["--trace", "-"], in: scratch).wait()
            #expect(traced.code == 1)
            let text = String(decoding: traced.output, as: UTF8.self)
            #expect(text.contains("is wrong: " + failed.violations[0]))
            #expect(text.contains("worker 1 starts in "))
        }
    }
}
