import CZstd
import ContactCenter
import EngineCore
import Foundation
import JSON
import Lattice
import Platform
import Simulation
import TestSupport
import Testing

@testable import EngineSupport
@testable import Storage

/// `CONVERGE_WRITE_DICTIONARY=1 swift test --filter StandardDictionaryTests` makes the dictionary that the program ships. Rows that were written with the one
/// before are still read, from the tables that have it; new tables begin with the new one.
@Suite("the default dictionary", .limited(minutes: 10))
struct StandardDictionaryTests {
    private static let bytes = 32 << 10
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
        "../../../Sources/Storage/DynamoDB/Dictionaries/StandardDictionary.swift"
    ).standardized

    /// Several contact centers in as many pairs of Regions, so that the ids of none are worth their place.
    private static let worlds = (0..<8).map { number in
        let pairs = [
            ["us-east-1", "us-west-2"], ["eu-central-1", "eu-west-2"], ["ap-northeast-1", "ap-southeast-2"],
            ["ca-central-1", "af-south-1"],
        ]
        return GeneratedRows(seed: UInt64(100 + number), events: 500, regions: pairs[number % pairs.count])
    }

    private func made() throws -> RowDictionary {
        var training = DictionaryTraining()
        for world in StandardDictionaryTests.worlds {
            // Sketches have nothing in common that a dictionary could hold.
            world.forEach { key, entity in if EntityKey(key).kind != .volume { training.add(key, entity) } }
        }
        return try training.dictionary(bytes: StandardDictionaryTests.bytes)
    }

    @Test("it is what generated traffic comes to")
    func reproducible() throws {
        let dictionary = try made()
        if ProcessInfo.processInfo.environment["CONVERGE_WRITE_DICTIONARY"] != nil {
            try StandardDictionaryTests.source(of: dictionary).write(
                to: StandardDictionaryTests.file, atomically: true, encoding: .utf8)
            return
        }
        #expect(RowDictionary.standard.bytes.count <= 64 << 10)
        // Another version of zstd may choose other text.
        guard ZSTD_versionNumber() == StandardDictionary.zstdVersion else { return }
        #expect(
            dictionary.id == RowDictionary.standard.id,
            "CONVERGE_WRITE_DICTIONARY=1 swift test --filter StandardDictionaryTests makes it")
        let written = try String(contentsOf: StandardDictionaryTests.file, encoding: .utf8)
        #expect(written == StandardDictionaryTests.source(of: dictionary))
    }

    /// Words that a fact about nobody has, too, such as a channel or the number that was called, say nothing of a person.
    @Test("it has nothing of a person: no name, address, attribute or user name of the traffic that it was made of")
    func personal() {
        var words = Words()
        for world in StandardDictionaryTests.worlds {
            world.forEach { key, entity in EntityKey(key).kind.map { words.add($0, entity) } }
        }
        let personal = words.personal.subtracting(words.others)
        #expect(personal.count > 100)
        let texts = String(decoding: RowDictionary.standard.bytes, as: UTF8.self).split(separator: "\"").map(String.init)
        #expect(texts.count > 1_000)
        let found = personal.intersection(texts)
        #expect(found.isEmpty)
        let whole = String(decoding: RowDictionary.standard.bytes, as: UTF8.self)
        let within = personal.filter { word in
            word.utf8.count >= 8 && whole.contains(word) && !words.others.contains { $0.contains(word) }
        }
        #expect(within.isEmpty)
    }

    @Test("an agent's row of another contact center takes less than a quarter, and a contact's less than a third")
    func saves() {
        var sizes: [EntityKind: (plain: Int, packed: Int)] = [:]
        let coding = RegistersCoding(.standard)
        GeneratedRows(seed: 2, events: 1_000, regions: ["sa-east-1", "eu-north-1"]).forEach { key, entity in
            guard let kind = EntityKey(key).kind else { return }
            var buffer = ByteBuffer()
            coding.append(entity, key: key, to: &buffer)
            sizes[kind, default: (0, 0)].plain += entity.count
            sizes[kind, default: (0, 0)].packed += buffer.count
        }
        for (kind, part) in [(EntityKind.agent, 4), (.contact, 3)] {
            let size = sizes[kind] ?? (0, 0)
            #expect(size.packed > 0 && size.packed * part < size.plain, "\(kind): \(size)")
        }
    }

    @Test("too few rows to train a dictionary on are refused")
    func training() throws {
        var few = DictionaryTraining()
        few.add(key("c-1"), entity(1))
        #expect(few.count == 1)
        let error = #expect(throws: DictionaryTrainingError.self) { try few.dictionary() }
        #expect(error?.description.contains("1 rows") == true)
    }

    private static func source(of dictionary: RowDictionary) -> String {
        var base64 = ByteBuffer()
        dictionary.bytes.withUnsafeBytes { base64.appendBase64($0) }
        let text = Array(base64.bytes)
        let lines = stride(from: 0, to: text.count, by: 120).map {
            "        " + String(decoding: text[$0..<min($0 + 120, text.count)], as: UTF8.self)
        }
        return """
            // swift-format-ignore-file

            /// The dictionary that the program ships. Generated: `CONVERGE_WRITE_DICTIONARY=1 swift test --filter StandardDictionaryTests`
            enum StandardDictionary {
                /// The version of zstd that it was trained with.
                static let zstdVersion: UInt32 = \(ZSTD_versionNumber())
                static let base64: StaticString = \"\"\"
            \(lines.joined(separator: "\\\n"))
                    \"\"\"
            }

            """
    }
}

/// Rows of generated traffic as a worker writes them that writes after every event.
struct GeneratedRows {
    let seed: UInt64
    let events: Int
    let regions: [String]

    func forEach(_ body: (_ key: ByteView, _ entity: ByteView) -> Void) {
        var model = TrafficModel(TrafficOptions(events: events, agents: 300, regions: regions, seed: seed, eventsPerSecond: 83))
        let decoder = RecordDecoder()
        let batch = MutationBatch(sliceCount: 1)
        var rows: [[UInt8]: [UInt8]] = [:]
        var line: [UInt8] = []
        while let arrival = model.next(into: &line) {
            batch.decode(Line(bytes: line, arrival: Timestamp(milliseconds: arrival)), with: decoder)
            line.removeAll(keepingCapacity: true)
            batch.forEachMutation(ofSlice: 0) { mutation in
                let key = [UInt8](mutation.key)
                let told = [UInt8](mutation.entity.bytes)
                let row = rows[key].map { joined($0, told) } ?? told
                rows[key] = row
                key.withUnsafeBytes { key in row.withUnsafeBytes { body(key, $0) } }
            }
        }
    }
}

/// The texts in rows: those that tell of a person (``PersonalFacts``), and the others, paths among them.
private struct Words {
    private(set) var personal: Set<String> = []
    private(set) var others: Set<String> = []
    private let parser = JSONParser()

    mutating func add(_ kind: EntityKind, _ entity: ByteView) {
        for register in EntityView(entity) {
            let path = register.path.text
            others.insert(path)
            for value in [register.value] + register.members.map(\.value) where !value.isEmpty {
                guard let root = try? parser.parse(value).root else { continue }
                collect(root, kind, path, [])
            }
        }
    }

    private mutating func collect(_ value: JSONValue, _ kind: EntityKind, _ path: String, _ member: [String]) {
        if value.isObject {
            for (name, inner) in value.members { collect(inner, kind, path, member + [name.text]) }
        } else if value.isArray {
            for inner in value.elements { collect(inner, kind, path, member + ["0"]) }
        } else if value.isString, value.rawString.count >= 3 {
            let word = value.rawString.text
            if PersonalFacts.isPersonal(kind, path, member: member) { personal.insert(word) } else { others.insert(word) }
        }
    }
}
