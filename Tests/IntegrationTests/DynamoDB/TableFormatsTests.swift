import Foundation
import Servers
import Testing

extension ProgramTests {
    @Suite("the format of rows in the tables of two Regions")
    struct TableFormatsTests {
        private static let regions = ["us-east-1", "us-west-2"]
        private let scratch: Scratch
        private let emulator: Emulator
        private let gateway: Gateway
        private let rows = EarlierRows("format-2")

        init() throws {
            scratch = try Scratch()
            let emulator = try Emulator()
            self.emulator = emulator
            gateway = try Gateway(Self.regions.map { "\($0)=\(emulator.port)" })
        }

        private func environment(_ region: String = "us-east-1") -> [String: String] {
            emulator.environment(region: region).merging(["AWS_ENDPOINT_URL": gateway.base]) { $1 }
        }

        private func tables(_ arguments: String...) throws -> Ended {
            let regions = ["--regions", Self.regions.joined(separator: ",")]
            return try Program(["tables"] + arguments + regions, in: scratch, environment: environment()).wait()
        }

        /// Global tables with the rows of an earlier release.
        private func earlierTables() throws {
            try #require(try tables("create", "--replicas").code == 0)
            try rows.load(into: "converge", regions: ["us-east-1"], environment(), in: scratch)
        }

        /// What a worker would say of itself now; `reads` nil as one from before it was said.
        private func report(_ region: String, reads: Int?) throws {
            let own = reads.map { #","reads":{"N":"\#($0)"}"# } ?? ""
            let now = Int(Date().timeIntervalSince1970 * 1000)
            try emulator.cli(
                region, "dynamodb", "put-item", "--table-name", "converge-agent", "--item",
                #"{"pk":{"S":"converge#canary"},"sk":{"S":"\#(region)#w-\#(region)"},"at":{"N":"\#(now)"},"seen":{"M":{}}\#(own)}"#
            )
        }

        /// What each Region's row says: `FORMAT DICTIONARY`.
        private func formats() throws -> [String: String] {
            let check = try tables("check", "--replicas", "--format", "json")
            var formats: [String: String] = [:]
            for line in check.text.split(separator: "\n") {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
                guard let region = object["region"] as? String, let format = object["format"] else { continue }
                formats[region] = "\(format) \(object["dictionary"] ?? "-")"
            }
            return formats
        }

        /// The registers of all rows of a kind.
        private func registers(_ kind: String) throws -> [Data] {
            let text = try emulator.cli(
                "us-east-1", "dynamodb", "scan", "--table-name", "converge-\(kind)", "--query", "Items[].registers.B",
                "--output",
                "json")
            let values = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String] ?? []
            return values.compactMap { Data(base64Encoded: $0) }
        }

        /// The formats that the rows of a kind are stored in.
        private func stored(_ kind: String) throws -> Set<UInt8> { Set(try registers(kind).compactMap(\.first)) }

        /// The dictionaries that they name.
        private func dictionaries(_ kind: String) throws -> Set<Data> {
            Set(try registers(kind).map { $0.dropFirst().prefix(8) })
        }

        /// Puts events into the streams of their Regions and lets a worker of each read them to the end.
        private func work(_ lines: [String], _ stream: String) throws {
            try Script.run("feed.py", ["stream", "--stream", stream] + Self.regions, environment())
            let files = try Self.regions.enumerated().map { number, region in
                "\(region)=\(try scratch.write("\(stream)-\(region)", lines.part(number, of: 2).jsonLines))"
            }
            try Script.run("feed.py", ["put", "--stream", stream] + files, environment())
            for region in Self.regions {
                let flags = [
                    "--until-end", "--source-kind", "kinesis", "--kinesis-streams", stream, "--kinesis-application", stream,
                    "--store-kind", "dynamodb", "--http-port", "0", "--retain-contacts", "36500d",
                ]
                let worker = try KafkaWorker(flags: flags, environment(region), in: scratch)
                let ended = try worker.program.wait()
                #expect(ended.code == 0, "\(ended.errors) \(worker.log.suffix(3))")
            }
        }

        private func digest(_ region: String) throws -> String? {
            let ended = try scratch.converge("digest", "dynamodb:converge", environment: environment(region))
            if ended.digest == nil { print(ended.errors) }
            return ended.digest
        }

        /// Of the same center, later than the rows.
        private func later() throws -> [String] {
            let ended = try scratch.converge(
                "generate", "--events", "1500", "--seed", "73", "--agents", "12", "--start", "2026-03-02T14:00:00Z", "--output",
                "more.jsonl")
            try #require(ended.code == 0)
            return try Array(scratch.lines("more.jsonl").suffix(800))
        }

        @Test(
            "new tables begin with the newest format and the default dictionary in every Region; create puts back what a new table lacks"
        )
        func begin() throws {
            #expect(try tables("create", "--replicas").code == 0)
            let formats = try formats()
            #expect(Set(formats.keys) == Set(Self.regions) && Set(formats.values).count == 1)
            #expect(formats["us-east-1"]?.hasPrefix("3 ") == true)
            let text = try tables("check", "--replicas").text
            #expect(text.contains("(default)"))

            let key = #"{"pk":{"S":"converge#dictionary"},"sk":{"S":"\#(formats["us-west-2"]?.dropFirst(2) ?? "")"}}"#
            try emulator.cli("us-west-2", "dynamodb", "delete-item", "--table-name", "converge-flow", "--key", key)
            let lacking = try tables("check", "--replicas", "--format", "json")
            #expect(lacking.code == 1)
            #expect(
                lacking.text.contains(#""setting":"dictionary","table":"converge-flow""#)
                    && lacking.text.contains(#""mendedByCreate":true"#))
            let mended = try tables("create", "--replicas")
            #expect(mended.code == 0 && mended.errors.contains("were put into the tables that lacked them"))
            #expect(try tables("check", "--replicas").code == 0)
        }

        @Test("tables with rows stay in the old format until upgrade, which names the workers that do not read the new one")
        func upgrade() throws {
            try earlierTables()
            #expect(try tables("create", "--replicas").text.isEmpty)
            #expect(try formats() == ["us-east-1": "2 -", "us-west-2": "2 -"])
            #expect(try tables("check", "--replicas").errors.contains("us-west-2 writes rows in the old format"))

            let silent = try tables("upgrade")
            #expect(silent.code == 1 && silent.errors.contains("no worker of us-east-1, us-west-2 reports what it reads"))
            try report("us-east-1", reads: 3)
            try report("us-west-2", reads: nil)
            for verb in ["upgrade", "train"] {
                let refused = try tables(verb, "--yes")
                #expect(refused.code == 1, "\(refused.errors)")
                #expect(refused.errors.contains("the worker w-us-west-2 of us-west-2 does not read format 3"))
                #expect(refused.text.contains("us-west-2  w-us-west-2  format 2"))
            }
            #expect(try formats() == ["us-east-1": "2 -", "us-west-2": "2 -"])

            try report("us-west-2", reads: 3)
            let dry = try tables("upgrade", "--dry-run")
            #expect(dry.code == 0 && dry.text.contains("us-west-2") && dry.text.contains("named for new rows"))
            #expect(try formats() == ["us-east-1": "2 -", "us-west-2": "2 -"])
            let narrow = try scratch.converge("tables", "upgrade", "--regions", "us-east-1", environment: environment())
            #expect(narrow.code == 1 && narrow.errors.contains("add us-west-2 to --regions"))

            let done = try tables("upgrade")
            #expect(done.code == 0, "\(done.errors)")
            #expect(try Set(formats().values).count == 1 && formats()["us-west-2"]?.hasPrefix("3 ") == true)
            let again = try tables("upgrade")
            #expect(again.code == 0 && again.errors.contains("rows are written in format 3 in every Region"))
        }

        @Test(
            "an upgraded table equals a replay, before and after new rows are written beside the old ones"
        )
        func upgradedEqualsReplay() throws {
            try earlierTables()
            #expect(try tables("upgrade", "--yes").code == 0)
            for region in Self.regions { #expect(try digest(region) == rows.digest) }
            let more = try later()
            try work(more, "more")
            let expected = try rows.digest(with: more, in: scratch)
            for region in Self.regions { #expect(try digest(region) == expected) }
            #expect(try stored("contact").isSuperset(of: [1, 3]))
        }

        @Test("a trained dictionary is written with from then on, and rows of the one before are read beside its own")
        func trained() throws {
            try #require(try tables("create", "--replicas").code == 0)
            let few = try tables("train", "--yes")
            #expect(few.code == 1 && few.errors.contains("too few"), "\(few.errors)")
            let lines = try Captures.failover.get()
            try work(Array(lines.prefix(5_500)), "events")
            let before = try formats()
            let dry = try tables("train", "--dry-run")
            #expect(dry.code == 0 && dry.text.contains("named for new rows"), "\(dry.errors)")
            #expect(try formats() == before)

            let trained = try tables("train")
            #expect(trained.code == 0 && trained.errors.contains("which it was not trained on"), "\(trained.errors)")
            let after = try formats()
            #expect(Set(after.values).count == 1 && after["us-east-1"] != before["us-east-1"])
            try work(Array(lines.suffix(500)), "more")
            for region in Self.regions { #expect(try digest(region) == scratch.digest(ofLines: lines)) }
            #expect(try dictionaries("contact").count == 2)
            #expect(try tables("check", "--replicas").code == 0)
        }

        @Test(
            "a Region that cannot be reached, or that does not give the dictionary back, ends train and upgrade before anything is named; the next run completes it"
        )
        func away() throws {
            try earlierTables()
            try gateway.set("us-west-2", .reset)
            for verb in ["upgrade", "train"] {
                let refused = try tables(verb, "--yes")
                #expect(refused.code == 1, "\(refused.text)")
            }
            try gateway.set("us-west-2", .up)
            #expect(try formats() == ["us-east-1": "2 -", "us-west-2": "2 -"])

            // It is there when the command asks, and goes away before it has the dictionary.
            try gateway.set(faults: [["region": "us-west-2", "operation": "PutItem", "fault": "reset"]])
            let refused = try tables("upgrade", "--yes")
            #expect(refused.code == 1 && refused.errors.contains("no Region writes with the dictionary"), "\(refused.errors)")
            try gateway.set(faults: [])
            #expect(try formats() == ["us-east-1": "2 -", "us-west-2": "2 -"])

            let done = try tables("upgrade", "--yes")
            #expect(done.code == 0, "\(done.errors)")
            #expect(try Set(formats().values).count == 1)
            for region in Self.regions { #expect(try digest(region) == rows.digest) }
        }

        @Test("wrong usage of train and upgrade ends with exit code 2, and without tables they fail")
        func usage() throws {
            for wrong in [
                ["upgrade", "--sample", "100"], ["train", "--sample", "0"], ["check", "--sample", "100"],
                ["check", "--dry-run"],
            ] {
                let ended = try Program(["tables"] + wrong, in: scratch, environment: environment()).wait()
                #expect(ended.code == 2, "\(wrong): \(ended.errors)")
            }
            for verb in ["train", "upgrade"] {
                let missing = try tables(verb, "--yes")
                #expect(missing.code == 1 && missing.errors.contains("converge tables create"), "\(missing.errors)")
            }
        }
    }
}
