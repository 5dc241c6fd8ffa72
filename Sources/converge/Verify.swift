import ContactCenter
import Engine
import EngineCore
import Ingest
import JSON
import Lattice
import Platform
import Worker

/// `converge verify`: convinces the reader that order, duplicates and partition do not matter, on the reader's own events.
enum Verify: Subcommand {
    private static let standardRounds = 20

    static let command = Command(
        "verify", usage: "PATH... [--rounds \(standardRounds)] [--seed N]",
        summary: "Merges captures repeatedly: shuffled, with duplicates, split between workers. All digests must be equal.",
        flags: [
            Flag("rounds", "N", "number of rounds (default: \(standardRounds))"),
            Flag("seed", "N", "random seed of the shuffles (default: 1)"),
            Flag("format", "table|json", "output format (default: table)"),
        ] + DecodingFlags.flags,
        notes: "Holds all records in memory.")

    static func run(_ options: Options) throws -> Int32 {
        guard !options.operands.isEmpty else { throw UsageError("converge verify: no PATH given; give files or directories") }
        let rounds = try options.integer("rounds", in: 1...100_000) ?? standardRounds
        let seed = try options.integer("seed", in: 0...Int.max) ?? 1
        let format = try options.choice("format", of: ["table", "json"]) ?? "table"
        let decoding = try DecodingFlags.read(options)
        let records = try Records(paths: options.operands)

        let finished = Counter()
        let progress = Progress {
            "verify \(Progress.bar(Double(finished.value) / Double(rounds)))  round \(finished.value) of \(rounds)"
        }
        defer { progress.stop() }

        let expected = try digest(of: [Array(0..<records.count)], of: records, decoding)
        var random = SplitMix64(seed: UInt64(seed))
        var failed: [(round: Int, workers: Int, digest: String)] = []
        for round in 1...rounds {
            let workers = 1 + random.below(8)
            var parts = [[Int]](repeating: [], count: workers)
            for record in 0..<records.count {
                parts[random.below(workers)].append(record)
                // Every eighth comes again, here or elsewhere.
                while random.below(8) == 0 { parts[random.below(workers)].append(record) }
            }
            for part in parts.indices { random.shuffle(&parts[part]) }
            let found = try digest(of: parts, of: records, decoding)
            if found != expected { failed.append((round, workers, found)) }
            finished.value = round
        }
        progress.stop()
        return report(expected, failed, rounds: rounds, records: records.count, seed: seed, format)
    }

    private static func report(
        _ expected: String, _ failed: [(round: Int, workers: Int, digest: String)], rounds: Int, records: Int, seed: Int,
        _ format: String
    ) -> Int32 {
        if format == "json" {
            writeOutput(
                jsonLine { json in
                    json.member("digest", expected)
                    json.member("disagreeing", failed.count)
                    json.member("records", records)
                    json.member("rounds", rounds)
                    json.member("seed", seed)
                })
        } else {
            for (round, workers, digest) in failed {
                writeOutput("round \(round), \(workers) workers: digest \(digest) differs\n")
            }
            writeOutput(
                failed.isEmpty
                    ? "\(grouped(records)) records, \(rounds) rounds, one digest  \(expected)\n"
                    : "\(failed.count) of \(rounds) rounds differ from \(expected); --seed \(seed) repeats them\n")
        }
        return failed.isEmpty ? 0 : 1
    }

    /// Each part merged by a worker of its own, their states joined.
    private static func digest(of parts: [[Int]], of records: Records, _ decoding: DecoderOptions) throws -> String {
        let joined = Shard(index: 0)
        for part in parts {
            let shard = Shard(index: 0)
            let decoder = RecordDecoder(options: decoding)
            let batch = MutationBatch(sliceCount: 1)
            for record in part {
                batch.removeAll()
                records.with(record) { bytes, arrival in decoder.decode(bytes, arrival: arrival, index: 0, into: batch) }
                batch.forEachMutation(ofSlice: 0) { shard.merge($0.key, hash: $0.hash, $0.entity) }
            }
            shard.forEach { key, entity in joined.merge(key, hash: key.hash64, EntityView(entity)) }
        }
        return try StateExport.run(threads: coreCount(), rows: StateExport.rows(of: [joined])).digest
    }
}

/// Every record of some captures, in memory.
private final class Records {
    private var text = ByteBuffer(capacity: 1 << 20)
    private var places: [(offset: Int, length: Int, arrival: Timestamp?)] = []

    init(paths: [String]) throws {
        let source = try FileSource(paths: paths)
        source.warnOfOthers()
        let block = RecordBlock()
        while true {
            block.removeAll()
            guard case .records = try source.read(into: block) else { break }
            for record in block.records {
                places.append((text.count, record.length, record.arrival))
                text.append(block.bytes(of: record))
            }
        }
        source.warnOfCuts()
    }

    var count: Int { places.count }

    func with(_ index: Int, _ body: (ByteView, Timestamp?) -> Void) {
        let place = places[index]
        body(text.bytes.slice(place.offset, place.length), place.arrival)
    }
}

/// A small generator of pseudo-random numbers (Steele, Lea, Flood 2014): the same seed, the same shuffles.
private struct SplitMix64 {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

    mutating func shuffle(_ items: inout [Int]) {
        guard items.count > 1 else { return }
        for at in stride(from: items.count - 1, to: 0, by: -1) { items.swapAt(at, below(at + 1)) }
    }
}
