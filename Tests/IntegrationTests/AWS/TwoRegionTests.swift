import Foundation
import Servers
import Testing

extension ProgramTests {
    /// The same traffic three times: as it is before a link is cut, while it is cut, and after it has healed.
    @Suite("two Regions with a link between them that is cut and restored", .waiting(minutes: 10))
    struct TwoRegionTests {
        private let prefix = "converge"
        private let naive = "naive"

        /// A third of the lines of each Region, as files: `us-east-1=PATH`.
        private func part(_ number: Int, of lines: [String], in scratch: Scratch) throws -> [String] {
            let count = (lines.count + 2) / 3
            let chosen = lines.dropFirst(number * count).prefix(count)
            return try TwoRegions.names.map { region in
                let name = "\(number)-\(region).jsonl"
                try scratch.write(name, chosen.filter { home(of: $0) == region }.jsonLines)
                return "\(region)=\(scratch.path(name))"
            }
        }

        /// The Region whose stream a line comes from: the first one that it names.
        private func home(of line: String) -> String {
            let found = TwoRegions.names.map { (line.range(of: $0)?.lowerBound ?? line.endIndex, $0) }
            return found.min { $0.0 < $1.0 }?.1 ?? TwoRegions.names[0]
        }

        /// What the obvious writer has lost when both Regions have everything: a count a Region.
        private func naiveCounts(_ regions: TwoRegions, _ lines: [String], in scratch: Scratch) throws -> [[String: Any]] {
            let facts = ["--table", naive, "--facts", scratch.path("facts.json")]
            func write(_ number: Int) throws {
                let parts = try part(number, of: lines, in: scratch)
                try Script.run("lambda_writer.py", ["write"] + facts + parts, regions.environment)
            }
            try write(0)
            try eventually("the table is a global one") { try regions.link.tables().contains(naive) }
            try regions.link.settle()
            try regions.link.cut()
            try write(1)
            try regions.link.heal()
            try write(2)
            try regions.link.settle()
            return try Script.objects("lambda_writer.py", ["count"] + facts + TwoRegions.names, regions.environment)
        }

        @Test("two workers lose no fact in either Region, and a naive writer with the same events does")
        func bothDesigns() throws {
            let scratch = try Scratch()
            let lines = try Captures.failover.get()
            let regions = try TwoRegions(prefixes: [prefix, naive], lag: 0.1...2)
            try workers(regions, lines, in: scratch)
            let counts = try naiveCounts(regions, lines, in: scratch)
            print("\(lines.count) events; one item an agent, unconditional updates: \(counts)")
            for count in counts {
                #expect(try #require(count["facts"] as? Int) > 500)
                #expect(try #require(count["lost"] as? Int) > 0)
            }
        }

        private func workers(_ regions: TwoRegions, _ lines: [String], in scratch: Scratch) throws {
            try Script.run("feed.py", ["tables", "--prefix", prefix] + TwoRegions.names, regions.environment)
            try Script.run("feed.py", ["stream", "--stream", "events"] + TwoRegions.names, regions.environment)
            try eventually("the tables are global ones") { try regions.link.tables().count == 8 }
            let workers = try TwoRegions.names.map { try RegionWorker(regions.environment($0), prefix, in: scratch) }
            func put(_ number: Int) throws {
                let parts = try part(number, of: lines, in: scratch)
                let pace = ["--stream", "events", "--per-second", "400"]
                try Script.run("feed.py", ["put"] + pace + parts, regions.environment)
            }
            try put(0)
            try regions.link.cut()
            let cut = Date()
            try put(1)
            Thread.sleep(until: cut.addingTimeInterval(60))
            try regions.link.heal()
            try put(2)
            try eventually("everything is read", of: workers.map(\.worker)) {
                workers.map(\.records).reduce(0, +) >= Double(lines.count)
            }
            // What is read is durable when they have ended.
            for worker in workers { try worker.drain() }
            try regions.link.settle()

            let expected = try scratch.digest(ofLines: lines)
            let digests = try TwoRegions.names.map { region in
                let ended = try scratch.converge("digest", "dynamodb:\(prefix)", environment: regions.environment(region))
                #expect(ended.digest == expected, "\(region): \(ended.errors)")
                return ended.digest ?? "none"
            }
            let lost = try regions.link.lost()
            try readAtBoth(regions, in: scratch)
            print("rows of each Region's own: \(lost) versions lost; digests \(digests), of the replay \(expected)")
            #expect(lost == 0)
        }

        /// An agent that both Regions told of, by the API of either: the same, and of both.
        private func readAtBoth(_ regions: TwoRegions, in scratch: Scratch) throws {
            let served = try TwoRegions.names.map {
                try Served(
                    ["--store-kind", "dynamodb", "--store-prefix", prefix], in: scratch, environment: regions.environment($0))
            }
            let shown = try scratch.converge(
                "show", "agent", "--state", "dynamodb:\(prefix)", "--format", "json", environment: regions.environment)
            let line = try #require(
                shown.text.split(separator: "\n").first { line in
                    TwoRegions.names.allSatisfy { line.contains("\"region\":\"\($0)\"") }
                }, "no agent of both Regions")
            let entity = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let id = try #require(entity?["id"] as? String)
            let answers = try served.map { try $0.get("/v1/agents/\(id.replacingOccurrences(of: "/", with: "%2F"))") }
            #expect(answers.allSatisfy { $0.status == 200 }, "\(answers.map(\.body))")
            for answer in answers {
                #expect(try answer.json()["regions"] as? [String] == TwoRegions.names, "\(answer.body)")
            }
            let data = try answers.map { try #require(try $0.json()["data"] as? NSDictionary) }
            #expect(data[0] == data[1])
            for server in served { try server.drain() }
        }
    }
}

/// A `converge run` on the streams of its own Region.
struct RegionWorker {
    let worker: KafkaWorker

    init(_ environment: [String: String], _ prefix: String, in scratch: Scratch) throws {
        let flags = [
            "--source-kind", "kinesis", "--kinesis-streams", "events", "--streams", "local", "--store-kind", "dynamodb",
            "--store-prefix", prefix, "--http-port", "0", "--retain-contacts", "36500d",
        ]
        worker = try KafkaWorker(flags: flags, environment, in: scratch)
    }

    /// Records that it has read.
    var records: Double { worker.metric("converge_records_total") ?? 0 }

    func drain() throws { try worker.drain() }
}
