import Foundation
import Testing

extension ProgramTests {
    @Suite("failover backtest")
    struct FailoverBacktestTests {
        private static let configuration = """
            failover:
              mode: observe
              regions: [us-east-1, us-west-2]
              instance: 0a1e6f86-9bb2-520f-a8d5-f2c3d4bae197
              groups:
                - arn:aws:connect:us-east-1:111122223333:traffic-distribution-group/89b1337c-2c92-5324-ba9a-5a0ece65ca60
              control:
                regions: [us-east-1, us-east-2, us-west-2]
            """

        private struct Line: Decodable {
            struct Complaint: Decodable {
                var source: String
                var assumed: Bool
                var evidence: String
            }
            struct Hold: Decodable {
                var rule: String
                var milliseconds: Int
            }
            struct Coverage: Decodable {
                var region: String
                var judgedMilliseconds: Int
                var noExpectationMilliseconds: Int
            }
            var type: String
            // Of an episode.
            var lost: String?
            var target: String?
            var outcome: String?
            var began: String?
            var decidedAt: String?
            var movedAt: String?
            var complaints: [Complaint]?
            var holds: [Hold]?
            var evidence: [String]?
            // Of the summary.
            var moved: Int?
            var notEnough: Int?
            var events: Int?
            var undecodable: Int?
            var assumed: [String]?
            var coverage: [Coverage]?
        }

        private struct Archive {
            let scratch: Scratch
            let flags: [String]

            init() throws {
                scratch = try Scratch()
                flags = [
                    "failover", "backtest", "--config", try scratch.write("failover.yaml", FailoverBacktestTests.configuration),
                ]
            }

            func run(_ arguments: String...) throws -> Ended { try Program(flags + arguments, in: scratch).wait() }

            func lines(_ ended: Ended) throws -> [Line] {
                try ended.text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
            }

            /// Contacts that start every 3 s in each Region from 10:40 to 13:20 UTC of four Wednesdays; the east is silent on the last one from noon on.
            func write() throws {
                for region in ["us-east-1", "us-west-2"] {
                    var text = ""
                    for (week, day) in ["2026-11-11", "2026-11-18", "2026-11-25", "2026-12-02"].enumerated() {
                        for second in stride(from: 38_400, to: 48_000, by: 3) {
                            if week == 3, region == "us-east-1", second >= 12 * 3600 { break }
                            let time = day + String(format: "T%02d:%02d:%02dZ", second / 3600, second / 60 % 60, second % 60)
                            text += """
                                {"version":"0","id":"\(region)-\(week)-\(second)","detail-type":"Amazon Connect Contact Event","source":"aws.connect",\
                                "account":"111122223333","time":"\(time)","region":"\(region)","resources":[],"detail":{"eventType":"INITIATED",\
                                "contactId":"\(region)-\(week)-\(second)","channel":"VOICE","initiationMethod":"INBOUND","initiationTimestamp":"\(time)",\
                                "instanceArn":"arn:aws:connect:\(region):111122223333:instance/7c1d52e0"}}\n
                                """
                        }
                    }
                    try scratch.write("\(region).jsonl", text)
                }
            }
        }

        @Test(
            "weeks in which a Region falls silent on a Wednesday's noon: it would have moved with the assumption, and without it the output says why not"
        )
        func silence() throws {
            let archive = try Archive()
            try archive.write()
            let window = [
                "--from", "2026-12-02T11:50:00Z", "--to", "2026-12-02T12:06:00Z", "us-west-2.jsonl", "us-east-1.jsonl",
            ]
            let assuming = try Program(
                archive.flags + window + ["--assume", "connect-api", "--format", "json"], in: archive.scratch
            ).wait()
            #expect(assuming.code == 0, "\(assuming.errors)")
            #expect(assuming.errors.isEmpty)
            let lines = try archive.lines(assuming)
            #expect(lines.map(\.type) == ["episode", "summary"])
            let episode = try #require(lines.first)
            #expect(episode.outcome == "moved")
            #expect(episode.lost == "us-east-1" && episode.target == "us-west-2")
            // 15 of 20 a minute are expected after 45 s, which are counted 30 s later; a sketch and its history are off by some.
            #expect(try #require(episode.began) >= "2026-12-02T12:01:00.000Z")
            #expect(try #require(episode.movedAt) <= "2026-12-02T12:02:30.000Z")
            #expect(episode.complaints?.map(\.source) == ["contact-starts-replicated", "connect-api (assumed)"])
            #expect(episode.complaints?.map(\.assumed) == [false, true])
            #expect(episode.evidence?.contains { $0.hasPrefix("peer-unhealthy: 2 independent signals of 2") } == true)
            let summary = try #require(lines.last)
            #expect(summary.moved == 1)
            #expect(summary.assumed == ["connect-api"])
            #expect(summary.events == 4 * 2 * 3_200 - 1_600)
            #expect(summary.coverage?.map(\.noExpectationMilliseconds) == [0, 0])

            let alone = try Program(archive.flags + window, in: archive.scratch).wait()
            #expect(alone.code == 0)
            #expect(alone.text.hasPrefix("would have moved: never\n"), "\(alone.text)")
            #expect(alone.text.contains("complaints that were not enough: once"))
            #expect(
                alone.text.contains(
                    "by peer-unhealthy: 1 independent signals of 2 that it takes say that us-east-1 does not serve"))
            #expect(
                alone.text.contains("not told by an archive, so unknown: connect-api, metrics, synthetic, aws-health, person"))

            // From the beginning: three weeks without enough earlier days.
            let whole = try archive.lines(
                try archive.run("us-west-2.jsonl", "us-east-1.jsonl", "--to", "2026-11-11T11:10:00Z", "--format", "json"))
            #expect(whole.map(\.type) == ["summary"])
            #expect(
                whole.last?.coverage?.allSatisfy { $0.judgedMilliseconds == 0 && $0.noExpectationMilliseconds > 1_700_000 }
                    == true)
        }

        @Test("what cannot be decoded is counted and named, and with --strict it fails the command")
        func undecodable() throws {
            let archive = try Archive()
            let text = """
                {"version":"0","id":"1","detail-type":"Amazon Connect Contact Event","source":"aws.connect","time":"2026-12-02T10:00:00Z","region":"us-east-1",\
                "detail":{"eventType":"INITIATED","contactId":"c1","channel":"VOICE","initiationMethod":"INBOUND"}}
                {"EventType":"HEART_BEAT","AgentARN":"arn:aws:connect:us-east-1:1:instance/i/agent/a","EventTimestamp":"yesterday"}

                """
            try archive.scratch.write("a.jsonl", text)
            let ended = try archive.run("a.jsonl", "--format", "json")
            #expect(ended.code == 0)
            #expect(try archive.lines(ended).last?.undecodable == 1)
            #expect(ended.errors.contains("a.jsonl") && ended.errors.contains("EventTimestamp"), "\(ended.errors)")
            #expect(try archive.run("a.jsonl", "--strict").code == 1)
        }

        @Test(
            "the fixtures are too few days to expect anything of contacts: never, and it says so",
            arguments: ["quiet-day", "region-failover", "late-and-duplicated"])
        func fixtures(name: String) throws {
            let archive = try Archive()
            let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
                "../../../fixtures/\(name)"
            ).path
            let lines = try archive.lines(try archive.run(path, "--to", "2026-03-06T00:00:00Z", "--format", "json"))
            #expect(lines.last?.moved == 0)
            #expect(lines.last?.coverage?.allSatisfy { $0.judgedMilliseconds == 0 } == true)
        }

        @Test(
            "wrong usage is named, with exit code 2",
            arguments: [
                (["backtest"], "no PATH given"),
                (["backtest", "a", "--assume", "traffic"], "connect-api, metrics, synthetic, aws-health"),
                (["backtest", "a", "--from", "noon"], "--from"), (["backtest", "a", "--share", "us-east-1"], "REGION=PERCENT"),
                (["backtest", "a", "--share", "us-east-1=101"], "REGION=PERCENT"),
                (["backtest", "a", "--format", "xml"], "table, json"),
                (["backtest", "a", "--from", "2026-12-02T10:00:00Z", "--to", "2026-12-01T10:00:00Z"], "--from is behind --to"),
            ])
        func usage(arguments: [String], message: String) throws {
            let archive = try Archive()
            let ended = try Program(
                ["failover"] + arguments + ["--config", archive.scratch.path("failover.yaml")], in: archive.scratch
            ).wait()
            #expect(ended.code == 2, "\(ended.errors)")
            #expect(ended.errors.contains(message), "\(ended.errors)")
            let none = try archive.run("nothing-is-here")
            #expect(none.code == 1)
            #expect(none.errors.contains("nothing-is-here"))
        }

        @Test("--help lists its flags")
        func help() throws {
            let ended = try Program(["failover", "backtest", "--help"], in: Scratch()).wait()
            #expect(ended.code == 0)
            #expect(ended.text.hasPrefix("usage: converge failover backtest --config FILE [REGION=]PATH..."))
            #expect(ended.text.contains("--assume KIND,..."))
        }
    }
}
