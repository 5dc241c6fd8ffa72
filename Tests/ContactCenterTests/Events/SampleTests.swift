import Foundation
import Platform
import Simulation
import TestSupport
import Testing

/// Public samples beside the checkout, which are not part of it.
enum Samples {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared/samples")
        .standardizedFileURL
    static var isThere: Bool { FileManager.default.fileExists(atPath: folder.path) }

    static func files(_ subfolder: String = "", suffix: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder.appending(path: subfolder), includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasSuffix(suffix) }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
}

@Suite(.enabled(if: Samples.isThere, "needs the public samples in ../shared/samples"), .limited)
struct SampleTests {
    @Test("every public sample is decoded, except plain text in envelopes and fragments without a time")
    func samples() throws {
        var refused: [String: [String]] = [:]
        for file in try Samples.files(suffix: ".jsonl") {
            let world = EventWorld()
            let text = try String(contentsOf: file, encoding: .utf8)
            for line in text.split(separator: "\n") { world.feed(String(line)) }
            if !world.rejections.isEmpty {
                refused[file.lastPathComponent] = world.rejections.map {
                    "\($0.reason.rawValue) \($0.path) \(String(decoding: $0.bytes.prefix(32), as: UTF8.self))"
                }
            }
            if file.lastPathComponent.hasPrefix("agent-event") == false || world.rejections.isEmpty {
                #expect(world.mutations.isEmpty == file.lastPathComponent.hasPrefix("kinesis-lambda"), "\(file)")
            }
        }
        // An excerpt in the documentation's older editions stops behind the snapshot.
        let fragment = [#"no-stamp [] {"AWSAccountId": "012345678901","#]
        #expect(
            refused == [
                "kinesis-lambda-envelope.kinesis-event.jsonl": ["not-json [1] Hello World", "not-json [2] Hello World"],
                "kinesis-lambda-envelope.kinesisStreamEvent.jsonl": [
                    "not-json [1] Hello, this is a test.", "not-json [2] This is only a test.",
                ],
                "agent-event.docs.sample-agent-event-stream.84f4d79e.v2.jsonl": fragment,
                "agent-event.docs.sample-agent-event-stream.9342a9b7.v1.jsonl": fragment,
                "agent-event.docs.sample-agent-event-stream.embed_9.jsonl": fragment,
            ])
    }

    @Test("the stream captured in 2018 leaves its agent logged out, in any order")
    func capturedStream() throws {
        let file = Samples.folder.appending(path: "agent-events.captured-2018.jsonl")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
        let world = EventWorld()
        for event in lines { world.feed(event) }
        let agent = try #require(world.encodings.keys.first { $0.kind == .agent })
        let presence = try #require(world.paths(.agent, agent.id).first { $0.hasPrefix("presence/") })
        #expect(world.value(.agent, agent.id, presence) == #""LOGOUT""#)
        let backwards = EventWorld()
        for event in lines.reversed() { backwards.feed(event) }
        #expect(backwards.state == world.state)
    }

    @Test("every KPL test vector is unpacked to its user records, or refused if its checksum is wrong")
    func aggregates() throws {
        let text = try String(contentsOf: Samples.folder.appending(path: "kpl-aggregated.tsv"), encoding: .utf8)
        let rows = text.split(separator: "\n").dropFirst().map { $0.split(separator: "\t") }
        #expect(!rows.isEmpty)
        for row in rows {
            var record = ByteBuffer()
            let decoded = row[4].utf8.withContiguousStorageIfAvailable { record.appendBase64Decoded(ByteView($0)) } ?? false
            #expect(decoded)
            var bytes = record.array
            let world = EventWorld()
            world.feed(bytes)
            if row[0] == "True" {
                // The user records are plain text, so each comes back refused, under its number.
                let count = try #require(Int(row[3]))
                #expect(world.rejections.map(\.path) == (1...count).map { [$0] })
                #expect(world.reasons.allSatisfy { $0 == "not-json" })
            } else {
                #expect(world.reasons == ["bad-envelope"])
            }
            bytes[bytes.count - 1] ^= 1
            let damaged = EventWorld()
            damaged.feed(bytes)
            #expect(damaged.reasons == ["bad-envelope"])
            #expect(damaged.rejections.map(\.bytes) == [bytes])
        }
    }

    @Test("exported flows are not events and count as unknown")
    func flows() throws {
        let files = try Samples.files("flows", suffix: ".json")
        #expect(!files.isEmpty)
        for file in files {
            let world = EventWorld()
            world.feed([UInt8](try Data(contentsOf: file)))
            #expect(world.rejections.isEmpty, "\(file.lastPathComponent): \(world.reasons)")
            #expect(world.unknown == 1, "\(file.lastPathComponent)")
            #expect(world.mutations.isEmpty)
        }
    }
}
