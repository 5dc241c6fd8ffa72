import Foundation
import Lattice
import Platform
import TestSupport
import Testing

@Suite(.limited) struct CanonicalJSONTests {
    @Test("the canonical JSON of an entity contains registers of every rule and tombstones")
    func everyRule() {
        let uuid = "0190a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7"
        let bytes = encode([
            "presence-us-east-1": .lastWriterWins(
                ModelStamp(time: 1_752_000_000_000, rank: 3, region: "us-east-1", id: uuid), "\"LOGIN\""),
            "field-\"tier\"": .lastWriterWins(ModelStamp(time: 0, id: "say \"hi\"\n"), nil),
            "seen-us-east-1": .max(
                1_752_000_000_000, ModelStamp(time: 1_752_000_000_000, region: "us-east-1", id: uuid), "null"),
            "firstSeen": .min(-5, ModelStamp(time: -5, id: uuid.uppercased()), "{\"a\":[1]}"),
            "agents": .union(
                capacity: 16, ["\"b\"": ModelStamp(time: 1, rank: 2, region: "r", id: "e"), "\"a\"": ModelStamp(time: 2)]),
            "starts/05": .sketch(ModelStamp(time: 3), (0..<64).map { UInt8($0 % 16) }),
        ])
        let lines = [
            #"{"agents":{"capacity":16,"members":[{"event":"","rank":0,"region":"","time":"1970-01-01T00:00:00.002Z","value":"a"},"#,
            #"{"event":"e","rank":2,"region":"r","time":"1970-01-01T00:00:00.001Z","value":"b"}],"rule":"union"},"#,
            #""field-\"tier\"":{"event":"say \"hi\"\n","rank":0,"region":"","time":"1970-01-01T00:00:00.000Z","#,
            #""tombstone":true,"value":null},"#,
            #""firstSeen":{"event":"0190A1B2-C3D4-7E5F-8091-A2B3C4D5E6F7","measure":-5,"rank":0,"region":"","rule":"min","#,
            #""time":"1969-12-31T23:59:59.995Z","value":{"a":[1]}},"#,
            #""presence-us-east-1":{"event":"0190a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7","rank":3,"region":"us-east-1","#,
            #""time":"2025-07-08T18:40:00.000Z","value":"LOGIN"},"#,
            #""seen-us-east-1":{"event":"0190a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7","measure":1752000000000,"rank":0,"#,
            #""region":"us-east-1","rule":"max","time":"2025-07-08T18:40:00.000Z","value":null},"#,
            #""starts/05":{"buckets":"\#(String(repeating: "0123456789abcdef", count: 4))","event":"","rank":0,"region":"","#,
            #""rule":"sketch","time":"1970-01-01T00:00:00.003Z"}}"#,
        ]
        #expect(json(bytes) == lines.joined())
        #expect(json(EntityView.emptyEncoding) == "{}")
    }

    @Test("canonical JSON is valid JSON, and equal exactly if the encodings are equal")
    func equalWhereEncodingsAre() {
        forAll(2000) { random in
            let a = random.entity()
            let b = random.chance(2) ? random.entity() : encode(Array(try decode(a)).map(Fact.init).shuffled(using: &random))
            try demand((json(a) == json(b)) == (a == b), "\(json(a))\n\(json(b))")
            let parsed = try JSONSerialization.jsonObject(with: Data(json(a).utf8)) as? [String: [String: Any]]
            try demand(Set(parsed?.keys.map(\.self) ?? []) == Set(try decode(a).keys), json(a))
        }
    }
}

@Suite(.limited) struct DigestTests {
    /// The state that a set of workers comes to, as a SHA-256 over its canonical lines.
    private func digest(_ state: [String: [UInt8]]) -> String {
        var hash = SHA256()
        for (key, bytes) in state.sorted(by: { order($0.key, $1.key) < 0 }) {
            (key + "\t" + json(bytes) + "\n").withView { hash.update($0) }
        }
        return hash.finalizeHex()
    }

    private func fold(_ mutations: [(key: String, bytes: [UInt8])], into state: inout [String: [UInt8]]) {
        for (key, bytes) in mutations { state[key] = join(state[key] ?? EntityView.emptyEncoding, bytes).bytes }
    }

    @Test("the digest does not depend on the order of events, on duplicates or on the number of workers")
    func anyPartition() {
        forAll { random in
            let events = (0..<(1 + random.below(12))).map { _ in
                (key: random.pick(["agent#1", "contact#1"]), bytes: encode(random.facts(upTo: 2)))
            }
            var whole: [String: [UInt8]] = [:]
            fold(events, into: &whole)

            var parts = [[(key: String, bytes: [UInt8])]](repeating: [], count: 1 + random.below(8))
            for event in events {
                for _ in 0..<random.pick([1, 1, 2, 3]) { parts[random.below(parts.count)].append(event) }
            }
            var merged: [String: [UInt8]] = [:]
            for part in parts.shuffled(using: &random) {
                var state: [String: [UInt8]] = [:]
                fold(part.shuffled(using: &random), into: &state)
                fold(state.map { (key: $0.key, bytes: $0.value) }, into: &merged)
            }
            try demand(digest(merged) == digest(whole), "\(merged.mapValues(json))\n\(whole.mapValues(json))")
        }
    }
}
