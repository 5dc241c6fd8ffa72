import ContactCenter
import JSON
import Lattice
import Platform

/// An entity for the tests of the projections, told register by register.
struct StateFixture {
    /// One telling of one register.
    struct Told {
        enum Content {
            case value(String)
            case tombstone
            case extremum(Rule, measure: Int64, value: String)
            case member(String, capacity: Int)
            case counted(UInt64)
        }

        var prefix: StaticString
        var segment: String?
        var content: Content
        var time: Timestamp
        var rank: UInt8
        var region: String
        var id: String
    }

    var kind: EntityKind
    var id: String
    var told: [Told] = []

    init(_ kind: EntityKind, _ id: String = "x", _ tell: (inout StateFixture) -> Void = { _ in }) {
        self.kind = kind
        self.id = id
        tell(&self)
    }

    // MARK: - Telling

    /// A time of the day 2026-03-02, or a whole timestamp.
    static func time(_ text: String) -> Timestamp {
        Timestamp(text.count > 12 ? text : "2026-03-02T\(text)Z") ?? Timestamp(milliseconds: -1)
    }

    /// The register at the path `prefix` + encoded `segment`.
    mutating func set(
        _ prefix: StaticString, _ segment: String, _ value: String, at time: String = "14:00:00", rank: UInt8 = 0,
        region: String = "", id: String = ""
    ) {
        tell(prefix, segment, .value(value), time, rank, region, id)
    }

    /// The register at just this path.
    mutating func set(_ path: StaticString, _ value: String, at time: String = "14:00:00", region: String = "") {
        tell(path, nil, .value(value), time, 0, region, "")
    }

    mutating func delete(
        _ prefix: StaticString, _ segment: String? = nil, at time: String = "14:00:00", region: String = "", id: String = ""
    ) {
        tell(prefix, segment, .tombstone, time, 0, region, id)
    }

    /// A max register of a time.
    mutating func max(
        _ prefix: StaticString, _ segment: String? = nil, _ measure: String, _ value: String = "null",
        at time: String? = nil, rank: UInt8 = 0, region: String = "", id: String = ""
    ) {
        let measured = StateFixture.time(measure).milliseconds
        tell(prefix, segment, .extremum(.max, measure: measured, value: value), time ?? measure, rank, region, id)
    }

    mutating func min(
        _ prefix: StaticString, _ segment: String? = nil, _ measure: String, rank: UInt8 = 0, region: String = "",
        id: String = ""
    ) {
        let measured = StateFixture.time(measure).milliseconds
        tell(prefix, segment, .extremum(.min, measure: measured, value: "null"), measure, rank, region, id)
    }

    mutating func member(_ prefix: StaticString, _ value: String, at time: String = "14:00:00", capacity: Int = 64) {
        tell(prefix, nil, .member(value, capacity: capacity), time, 0, "", "")
    }

    /// One thing of a sketch, by its hash.
    mutating func count(_ prefix: StaticString, _ segment: String, _ hash: UInt64, at time: String = "14:00:00") {
        tell(prefix, segment, .counted(hash), time, 0, "", "")
    }

    private mutating func tell(
        _ prefix: StaticString, _ segment: String?, _ content: Told.Content, _ time: String, _ rank: UInt8, _ region: String,
        _ id: String
    ) {
        told.append(
            Told(
                prefix: prefix, segment: segment, content: content, time: StateFixture.time(time), rank: rank, region: region,
                id: id))
    }

    // MARK: - Reading

    /// The canonical encoding: the join of everything told.
    func encoding() -> ByteBuffer {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        for told in told { told.write(&writer, &buffer) }
        writer.finish(&buffer)
        return buffer
    }

    /// The encoding by joining one telling after the other, in the given order.
    func encoding(joinedInOrder order: [Int]) -> ByteBuffer {
        var joined = ByteBuffer()
        joined.append(EntityView.emptyEncoding.withUnsafeBytes { $0 })
        for index in order {
            var one = ByteBuffer()
            var writer = EntityWriter(&one)
            told[index].write(&writer, &one)
            writer.finish(&one)
            var next = ByteBuffer()
            if Join.join(EntityView(joined.bytes), EntityView(one.bytes), into: &next).changed { swap(&joined, &next) }
        }
        return joined
    }

    func line(_ writer: StateWriter = StateWriter()) -> String { line(of: encoding(), writer) }

    func line(of encoding: borrowing ByteBuffer, _ writer: StateWriter = StateWriter()) -> String {
        var key = ByteBuffer()
        key.append(kind.rawValue)
        key.append(id)
        var out = ByteBuffer()
        writer.appendLine(key: EntityKey(key.bytes), entity: EntityView(encoding.bytes), to: &out)
        return out.bytes.text
    }

    /// The projection alone.
    var state: String {
        var key = ByteBuffer()
        key.append(kind.rawValue)
        key.append(id)
        let encoding = encoding()
        var out = ByteBuffer()
        StateWriter().appendState(key: EntityKey(key.bytes), entity: EntityView(encoding.bytes), to: &out)
        return out.bytes.text
    }

    /// What a row shows.
    func lean(_ writer: StateWriter = StateWriter()) -> String {
        var key = ByteBuffer()
        key.append(kind.rawValue)
        key.append(id)
        let encoding = encoding()
        var out = ByteBuffer()
        writer.appendLean(key: EntityKey(key.bytes), entity: EntityView(encoding.bytes), to: &out)
        return out.bytes.text
    }

    /// What the projection holds at a path of member names, as JSON text; nil where there is no such member.
    subscript(path: String...) -> String? { StateFixture.member(of: state, at: path) }

    /// What JSON holds at a path of member names.
    static func member(of json: String, at path: [String]) -> String? {
        var json = json
        let parser = JSONParser()
        return json.withUTF8 { text in
            withExtendedLifetime(parser) {
                guard var value = try? parser.parse(ByteView(text)).root else { return nil }
                for name in path {
                    guard let member = value.members.first(where: { $0.name.text == name }) else { return nil }
                    value = member.value
                }
                return value.bytes.text
            }
        }
    }
}

extension StateFixture.Told {
    func write(_ writer: inout EntityWriter, _ buffer: inout ByteBuffer) {
        var segmentBytes = ByteBuffer()
        segmentBytes.append(segment ?? "")
        var regionBytes = ByteBuffer()
        regionBytes.append(region)
        var idBytes = ByteBuffer()
        let form = Array(id.utf8).withUnsafeBytes { EventID.pack($0, into: &idBytes) }
        let stamp = Stamp(
            time: time, rank: rank, region: regionBytes.bytes, id: EventID(form: form, bytes: idBytes.bytes))
        let segment = segment == nil ? nil : segmentBytes.bytes
        var valueBytes = ByteBuffer()
        switch content {
        case .value(let value):
            valueBytes.append(value)
            writer.lastWriterWins(&buffer, prefix, segment: segment, stamp: stamp, value: valueBytes.bytes)
        case .counted(let hash): writer.sketch(&buffer, prefix, segment: segment, stamp: stamp, hash: hash)
        case .tombstone: writer.tombstone(&buffer, prefix, segment: segment, stamp: stamp)
        case .extremum(let rule, let measure, let value):
            valueBytes.append(value)
            writer.extremum(
                &buffer, prefix, segment: segment, rule: rule, measure: measure, stamp: stamp, value: valueBytes.bytes)
        case .member(let value, let capacity):
            valueBytes.append(value)
            writer.unionMember(
                &buffer, prefix, segment: segment, capacity: capacity, stamp: stamp, value: valueBytes.bytes)
        }
    }
}
