import ContactCenter
import Engine
import EngineCore
import Foundation
import Ingest
import Synchronization
import TestSupport
import Testing

/// The stories under `fixtures`, replayed as `converge replay` does it: files, pipeline, export.
@Suite("fixtures", .limited)
struct FixtureTests {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("fixtures").path
    static let scenarios = ["aliases", "late-and-duplicated", "malformed", "other-tools", "quiet-day", "region-failover"]

    @Test("a scenario gives its expected state, byte for byte", arguments: scenarios, [1, 3])
    func expectedState(_ scenario: String, workers: Int) throws {
        let replay = try Replayed([Self.path(scenario)], workers: workers, decoder: Self.decoder(scenario))
        expectSameLines(replay.state, try Self.text(scenario, "expected.state"))
    }

    @Test("the records of a scenario that cannot be merged are counted by reason", arguments: scenarios, [1, 3])
    func expectedCounts(_ scenario: String, workers: Int) throws {
        let replay = try Replayed([Self.path(scenario)], workers: workers, decoder: Self.decoder(scenario))
        var counts = replay.totals.deadLetters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }
        counts.append("unknown \(replay.totals.unknown)\n")
        if replay.totals.withoutAlias > 0 { counts.append("without-alias \(replay.totals.withoutAlias)\n") }
        #expect(try counts.joined() == Self.text(scenario, "expected.counts"))
        // The sink got every letter that was counted.
        #expect(replay.letters == replay.totals.deadLetters)
    }

    @Test("the malformed records cover every reason for a refusal except size")
    func everyReason() throws {
        let replay = try Replayed([Self.path("malformed")], workers: 1)
        let reasons = Set(RejectionReason.allCases.map(\.rawValue))
        // A sample of unknown objects is not refused, and there are too few of them.
        let others = [RejectionReason.tooLarge, .unknownShape].map(\.rawValue)
        #expect(Set(replay.totals.deadLetters.keys) == reasons.subtracting(others))
    }

    @Test("all scenarios together give the join of their expected states", arguments: [1, 3])
    func joinOfParts(workers: Int) throws {
        let joined = Shard(index: 0)
        let reader = StateLineReader()
        for scenario in Self.scenarios {
            // Without a key there are no aliases.
            for line in try Self.text(scenario, "expected.state").split(separator: "\n")
            where !line.contains(#""kind":"alias""#) {
                _ = try Array(line.utf8).withUnsafeBytes { bytes in
                    try reader.read(bytes) { key, entity in joined.merge(key, hash: key.hash64, entity) }
                }
            }
        }
        expectSameLines(try Replayed([Self.root], workers: workers).state, try export([joined]))
    }

    @Test("blocks of any size give the same state", arguments: [1, 700, 10_000])
    func blocks(bytes: Int) throws {
        let replay = try Replayed([Self.root], workers: 2, blockBytes: bytes)
        expectSameLines(replay.state, try Replayed([Self.root], workers: 1).state)
    }

    // MARK: - Region failover, told in two parts

    @Test("while us-east-1 is down, agents that moved are online in both Regions and shown in the new one")
    func darkRegion() throws {
        let replay = try Replayed([Self.path("region-failover/1-dark")], workers: 2)
        for agent in ["a0000001", "a0000002", "a0000003", "a0000006"] {
            let state = try replay.agent(agent)
            #expect(state["regionsOnline"] as? [String] == ["us-east-1", "us-west-2"], "\(agent)")
            #expect((state["status"] as? [String: Any])?["region"] as? String == "us-west-2", "\(agent)")
        }
        #expect(try replay.contact("c2000001")["phase"] as? String == "CONNECTED_TO_AGENT")
        #expect(try replay.contact("c2000003")["phase"] as? String == "QUEUED")
    }

    @Test("the delayed events of us-east-1 end its sessions and contacts and do not change those of us-west-2")
    func returnedRegion() throws {
        let replay = try Replayed([Self.path("region-failover")], workers: 2)
        for agent in ["a0000001", "a0000002", "a0000003"] {
            let state = try replay.agent(agent)
            #expect(state["regionsOnline"] as? [String] == ["us-west-2"], "\(agent)")
            #expect((state["status"] as? [String: Any])?["name"] as? String == "Available", "\(agent)")
            #expect((state["contacts"] as? [Any])?.isEmpty == true, "\(agent)")
        }
        // Nobody ever told that Finn left us-east-1; that his last sign of life there is of 14:19 is told beside it.
        let finn = try replay.agent("a0000006")
        #expect(finn["regionsOnline"] as? [String] == ["us-east-1", "us-west-2"])
        let east = (finn["regions"] as? [String: Any])?["us-east-1"] as? [String: Any]
        #expect(east?["lastSeen"] as? String == "2026-03-05T14:19:01.377Z")
        #expect(try replay.contact("c2000001")["phase"] as? String == "COMPLETED")
        #expect(try replay.contact("c2000003")["phase"] as? String == "COMPLETED")
    }

    // MARK: -

    /// With the key that lies in the scenario, if one does.
    private static func decoder(_ scenario: String) throws -> DecoderOptions {
        let file = path("\(scenario)/alias.key")
        guard FileManager.default.fileExists(atPath: file) else { return DecoderOptions() }
        return DecoderOptions(aliasKey: try AliasKey(file: file, country: CallingCode("44")))
    }

    private static func path(_ name: String) -> String { "\(root)/\(name)" }

    private static func text(_ scenario: String, _ name: String) throws -> String {
        try String(contentsOfFile: path("\(scenario)/\(name)"), encoding: .utf8)
    }

    /// Names the first line that differs instead of printing two states.
    private func expectSameLines(_ found: String, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation) {
        guard found != expected else { return }
        let lines = found.split(separator: "\n", omittingEmptySubsequences: false)
        let wanted = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let at = zip(lines, wanted).enumerated().first { $1.0 != $1.1 }?.offset ?? min(lines.count, wanted.count)
        let line = at < lines.count ? lines[at] : "nothing"
        let want = at < wanted.count ? wanted[at] : "nothing"
        Issue.record("line \(at + 1) is\n\(line)\ninstead of\n\(want)", sourceLocation: sourceLocation)
    }
}

/// A replay in memory and what came of it.
private struct Replayed {
    let state: String
    let totals: Totals
    /// Dead letters by reason, as the sink got them.
    let letters: [String: Int]

    init(_ paths: [String], workers: Int, blockBytes: Int = 1 << 20, decoder: DecoderOptions = DecoderOptions()) throws {
        let source = try FileSource(paths: paths, blockBytes: blockBytes)
        let sink = CountingSink()
        let pipeline = Pipeline(
            source: source, store: nil, storeMayHoldRows: false, deadLetters: sink,
            options: PipelineOptions(shards: workers, decoder: decoder))
        try pipeline.run()
        state = try export(pipeline.shards)
        totals = pipeline.progress
        letters = sink.counts
    }

    /// By the start of the agent's own id.
    func agent(_ id: String) throws -> [String: Any] { try projection { $0 == "agent" && $1.contains("/\(id)-") } }
    func contact(_ id: String) throws -> [String: Any] { try projection { $0 == "contact" && $1.hasPrefix(id) } }

    private func projection(where isWanted: (_ kind: String, _ id: String) -> Bool) throws -> [String: Any] {
        for line in state.split(separator: "\n") {
            let entity = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            guard let kind = entity["kind"] as? String, let id = entity["id"] as? String, isWanted(kind, id) else { continue }
            return try #require(entity["state"] as? [String: Any])
        }
        throw NoSuchEntity()
    }
}

private struct NoSuchEntity: Error {}

private func export(_ shards: [Shard]) throws -> String {
    var bytes: [UInt8] = []
    _ = try StateExport.run(threads: 1, rows: StateExport.rows(of: shards)) { bytes.append(contentsOf: $0) }
    return String(decoding: bytes, as: UTF8.self)
}

/// Counts dead letters by reason and forgets them.
private final class CountingSink: DeadLetterSink {
    private let reasons = Mutex<[String: Int]>([:])

    var counts: [String: Int] { reasons.withLock { $0 } }
    func append(_ letter: DeadLetter) { reasons.withLock { $0[letter.reason, default: 0] += 1 } }
    func makeDurable() {}
}
