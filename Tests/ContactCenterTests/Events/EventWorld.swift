import JSON
import Lattice
import Platform
import Testing

@testable import ContactCenter

/// Which entity.
struct EntityName: Hashable, Comparable, CustomStringConvertible {
    let kind: EntityKind
    let id: String

    var description: String { "\(kind.name)#\(id)" }
    static func < (a: EntityName, b: EntityName) -> Bool {
        a.kind == b.kind ? a.id < b.id : a.kind.rawValue < b.kind.rawValue
    }
}

/// What events come to when they are decoded and joined: entities, counts and what was refused.
///
/// Every mutation is checked on its way: its encoding is valid, and every value in it is canonical JSON. The memory of a
/// record is overwritten once it is decoded, so that a view that outlived it shows.
final class EventWorld {
    /// The index under which every record is handed over.
    static let recordIndex = 7

    private let decoder: RecordDecoder
    private let batch: MutationBatch
    private let parser = JSONParser()
    private(set) var encodings: [EntityName: [UInt8]] = [:]
    /// What was written, a line each, in the order of lanes and writing.
    private(set) var mutations: [String] = []
    private(set) var rejections: [Rejection] = []
    private(set) var unknown = 0
    private(set) var withoutAlias = 0
    /// Unknown objects by kind, and the samples that each record left.
    private(set) var kinds: [String: Int] = [:]
    private(set) var samples: [Rejection] = []
    private(set) var counts: [String: Int] = [:]

    init(options: DecoderOptions = DecoderOptions(), lanes: Int = 1) {
        decoder = RecordDecoder(options: options)
        batch = MutationBatch(sliceCount: lanes)
    }

    /// A world that was told these events.
    convenience init(_ first: String, _ more: String...) {
        self.init()
        for text in [first] + more { feed(text) }
    }

    func feed(_ text: String, arrival: String? = nil) { feed(Array(text.utf8), arrival: arrival.flatMap { Timestamp($0) }) }

    func feed(_ record: [UInt8], arrival: Timestamp? = nil) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(record.count, 1), alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: record)
        batch.removeAll()
        decoder.decode(
            ByteView(start: memory.baseAddress, count: record.count), arrival: arrival, index: EventWorld.recordIndex,
            into: batch)
        for at in memory.indices { memory[at] = UInt8(ascii: "?") }
        collect()
    }

    private func collect() {
        rejections += batch.rejections
        unknown += batch.unknown
        withoutAlias += batch.withoutAlias
        #expect(batch.unknownObjects.kinds.reduce(0) { $0 + $1.count } == batch.unknown)
        for kind in batch.unknownObjects.kinds {
            kinds[kind.name, default: 0] += kind.count
            if let sample = kind.sample { samples.append(sample) }
        }
        for type in EventType.allCases where batch.events[type.rawValue] > 0 {
            counts[type.name, default: 0] += batch.events[type.rawValue]
        }
        for lane in 0..<batch.sliceCount {
            batch.forEachMutation(ofSlice: lane) { mutation in
                guard let kind = EntityKey(mutation.key).kind else {
                    Issue.record("a key without a kind")
                    return
                }
                #expect(MutationBatch.slice(of: mutation.key.hash64, among: batch.sliceCount) == lane)
                let name = EntityName(kind: kind, id: EntityKey(mutation.key).id.text)
                check(mutation.entity, of: name)
                mutations.append("\(name) \(EventWorld.json(mutation.entity))")
                join(mutation.entity, into: name)
            }
        }
    }

    private func check(_ entity: EntityView, of name: EntityName) {
        do {
            try EntityView.validate(entity.bytes)
        } catch {
            Issue.record("\(name): \(error)")
            return
        }
        for register in entity {
            #expect(KnownPaths.of(name.kind).has(register), "\(name) \(register.path.text)")
            if register.rule == .union {
                for member in register.members { checkCanonical(member.value, "\(name) \(register.path.text)") }
            } else if register.rule != .sketch, !register.isTombstone {
                checkCanonical(register.value, "\(name) \(register.path.text)")
            }
        }
    }

    private func checkCanonical(_ value: ByteView, _ place: String) {
        do {
            var canonical = ByteBuffer()
            try parser.parse(value).root.appendCanonical(to: &canonical)
            #expect(try parser.next() == nil, "\(place): more than one value")
            if !canonical.bytes.equals(value) { Issue.record("\(place): not canonical: \(value.text.prefix(200))") }
        } catch {
            Issue.record("\(place): \(error): \(value.text.prefix(200))")
        }
    }

    private func join(_ entity: EntityView, into name: EntityName) {
        guard let before = encodings[name] else {
            encodings[name] = [UInt8](entity.bytes)
            return
        }
        var joined = ByteBuffer()
        let outcome = before.withUnsafeBytes { Join.join(EntityView($0), entity, into: &joined) }
        if outcome.changed { encodings[name] = joined.array }
    }

    /// Joins what another world knows into this one.
    func join(_ other: EventWorld) {
        for (name, encoding) in other.encodings { encoding.withUnsafeBytes { join(EntityView($0), into: name) } }
    }

    private static func json(_ entity: EntityView) -> String {
        var text = ByteBuffer()
        entity.appendJSON(to: &text)
        return text.bytes.text
    }

    // MARK: What came of it

    /// The registers of an entity as canonical JSON; nil where nothing is known of it.
    func json(_ kind: EntityKind, _ id: String) -> String? {
        encodings[EntityName(kind: kind, id: id)].map { $0.withUnsafeBytes { EventWorld.json(EntityView($0)) } }
    }

    /// The paths of an entity in their order.
    func paths(_ kind: EntityKind, _ id: String) -> [String] {
        encodings[EntityName(kind: kind, id: id)]?.withUnsafeBytes { EntityView($0).map(\.path.text) } ?? []
    }

    /// One register as canonical JSON.
    func register(_ kind: EntityKind, _ id: String, _ path: String) -> String? {
        find(kind, id, path) { register in
            var text = ByteBuffer()
            register.appendJSON(to: &text)
            return text.bytes.text
        }
    }

    /// The value of one register; "tombstone" of a deleted one.
    func value(_ kind: EntityKind, _ id: String, _ path: String) -> String? {
        find(kind, id, path) { $0.isTombstone ? "tombstone" : $0.value.text }
    }

    /// What max and min measured, as a time.
    func measure(_ kind: EntityKind, _ id: String, _ path: String) -> String? {
        find(kind, id, path) { Timestamp(milliseconds: $0.measure).description }
    }

    /// The values of a union register.
    func members(_ kind: EntityKind, _ id: String, _ path: String) -> [String] {
        find(kind, id, path) { $0.members.map(\.value.text) } ?? []
    }

    private func find<Result>(_ kind: EntityKind, _ id: String, _ path: String, _ body: (RegisterView) -> Result) -> Result? {
        encodings[EntityName(kind: kind, id: id)]?.withUnsafeBytes { bytes -> Result? in
            for register in EntityView(bytes) where register.path.text == path { return body(register) }
            return nil
        }
    }

    /// Names of all entities.
    var names: [String] { encodings.keys.sorted().map(\.description) }

    /// Everything that is known, the same text for the same state.
    var state: String {
        encodings.keys.sorted().map { "\($0) \(json($0.kind, $0.id) ?? "")" }.joined(separator: "\n")
    }

    /// Memory that the decoder keeps.
    var scratchBytes: Int { decoder.scratchBytes }

    var reasons: [String] { rejections.map(\.reason.rawValue) }
}
