import ContactCenter
import Lattice
import Platform
import TestSupport
import Testing

/// The lattice once more, as slow and plain as can be: dictionaries, Swift enums and strings. What the encoding does is
/// checked against this.
struct ModelStamp: Equatable {
    var time: Int64
    var rank: UInt8 = 0
    var region = ""
    /// At most 255 bytes, or the SHA-256 of what was longer.
    var id = ""
}

enum ModelRegister: Equatable {
    case lastWriterWins(ModelStamp, String?)
    case max(Int64, ModelStamp, String)
    case min(Int64, ModelStamp, String)
    case union(capacity: Int, [String: ModelStamp])
    /// Of each bucket its value.
    case sketch(ModelStamp, [UInt8])
}

typealias ModelEntity = [String: ModelRegister]

// MARK: Order

func order(_ a: String, _ b: String) -> Int {
    if Array(a.utf8) == Array(b.utf8) { return 0 }
    return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
}

func order<T: Comparable>(_ a: T, _ b: T) -> Int { a == b ? 0 : a < b ? -1 : 1 }

func order(_ a: ModelStamp, _ b: ModelStamp) -> Int {
    [order(a.time, b.time), order(a.rank, b.rank), order(a.region, b.region), order(a.id, b.id)].first { $0 != 0 } ?? 0
}

// MARK: Join

extension ModelRegister {
    func joined(with other: ModelRegister) -> ModelRegister {
        switch (self, other) {
        case (.lastWriterWins(let a, let x), .lastWriterWins(let b, let y)):
            // A tombstone sorts before every value.
            let stamps = order(a, b)
            let wins = stamps != 0 ? stamps > 0 : order(x ?? "", y ?? "") >= 0
            return wins ? self : other
        case (.max(let m, let a, let x), .max(let n, let b, let y)):
            return ([order(m, n), order(a, b), order(x, y)].first { $0 != 0 } ?? 0) >= 0 ? self : other
        case (.min(let m, let a, let x), .min(let n, let b, let y)):
            return ([order(m, n), order(a, b), order(x, y)].first { $0 != 0 } ?? 0) <= 0 ? self : other
        case (.union(let k, let a), .union(let l, let b)):
            var members = a.merging(b) { order($0, $1) >= 0 ? $0 : $1 }
            let capacity = Swift.min(k, l)
            while members.count > capacity {
                let least = members.min { x, y in
                    (order(x.value, y.value) != 0 ? order(x.value, y.value) : order(x.key, y.key)) < 0
                }
                if let least { members[least.key] = nil }
            }
            return .union(capacity: capacity, members)
        case (.sketch(let a, let x), .sketch(let b, let y)):
            return .sketch(order(a, b) >= 0 ? a : b, zip(x, y).map { $0 > $1 ? $0 : $1 })
        default:
            return ruleNumber > other.ruleNumber ? self : other
        }
    }

    var ruleNumber: Int {
        switch self {
        case .lastWriterWins: 0
        case .max: 1
        case .min: 2
        case .union: 3
        case .sketch: 4
        }
    }

    /// Whether neither measure, time nor rank tells two different registers apart.
    func ties(with other: ModelRegister) -> Bool {
        switch (self, other) {
        case (.lastWriterWins(let a, _), .lastWriterWins(let b, _)): a.time == b.time && a.rank == b.rank && self != other
        case (.max(let m, let a, _), .max(let n, let b, _)), (.min(let m, let a, _), .min(let n, let b, _)):
            m == n && a.time == b.time && a.rank == b.rank && self != other
        default: false
        }
    }
}

func joined(_ a: ModelEntity, _ b: ModelEntity) -> ModelEntity { bounded(a.merging(b) { $0.joined(with: $1) }) }

/// What the families of registers keep.
func bounded(_ entity: ModelEntity) -> ModelEntity {
    var kept = entity
    for (_, members) in Dictionary(grouping: entity.keys.filter { (entity[$0]?.ruleNumber ?? 0) < 3 }, by: family) {
        let most = family(members[0]) == "fields" ? 200 : family(members[0]) == "snapshot/" ? 16 : 64
        let greatestFirst = members.sorted { !isDropped($0, before: $1, entity) }
        for path in greatestFirst.dropFirst(most) { kept[path] = nil }
    }
    return kept
}

private func family(_ path: String) -> String {
    guard let slash = path.firstIndex(of: "/") else { return path }
    let prefix = String(path[...slash])
    return ["variable/", "field/", "authentication/"].contains(prefix) ? "fields" : prefix
}

/// Of two registers of a family, whether the first is the lesser one.
private func isDropped(_ path: String, before other: String, _ entity: ModelEntity) -> Bool {
    guard let mine = entity[path], let others = entity[other] else { return false }
    let rules = order(mine.ruleNumber, others.ruleNumber)
    if rules != 0 { return rules < 0 }
    if mine == others { return order(path, other) < 0 }
    return mine.joined(with: others) == others
}

// MARK: To and from the encoding

extension ModelStamp {
    func withStamp<R>(_ body: (Stamp) throws -> R) rethrows -> R {
        var packed = ByteBuffer(capacity: 64)
        let form = id.withView { EventID.pack($0, into: &packed) }
        let bytes = packed.array
        return try bytes.withUnsafeBytes { id in
            try region.withView { region in
                try body(
                    Stamp(
                        time: Timestamp(milliseconds: time), rank: rank, region: region, id: EventID(form: form, bytes: id)))
            }
        }
    }

    init(_ stamp: Stamp) {
        self.init(time: stamp.time.milliseconds, rank: stamp.rank, region: stamp.region.text, id: stamp.id.text)
    }
}

extension ModelRegister {
    /// Writes the register with the calls that an event would make; a union of several members takes several.
    func write(_ path: String, to writer: inout EntityWriter, _ buffer: inout ByteBuffer) {
        path.withView { path in
            switch self {
            case .lastWriterWins(let stamp, let value):
                stamp.withStamp {
                    writer.beginRegister(
                        &buffer, encodedPath: path, rule: .lastWriterWins, stamp: $0, tombstone: value == nil)
                }
                if let value { buffer.append(value) }
                writer.endRegister(&buffer)
            case .max(let measure, let stamp, let value), .min(let measure, let stamp, let value):
                let rule: Rule = ruleNumber == 1 ? .max : .min
                stamp.withStamp { writer.beginRegister(&buffer, encodedPath: path, rule: rule, stamp: $0) }
                buffer.appendInteger(measure)
                buffer.append(value)
                writer.endRegister(&buffer)
            case .sketch(let stamp, let values):
                var buckets = SketchView.Buckets.zero
                for (bucket, value) in values.enumerated() { buckets[bucket] = value }
                stamp.withStamp { writer.sketch(&buffer, encodedPath: path, stamp: $0, buckets: buckets) }
            case .union(let capacity, let members):
                for (value, stamp) in members {
                    stamp.withStamp { stamp in
                        value.withView {
                            writer.unionMember(&buffer, encodedPath: path, capacity: capacity, stamp: stamp, value: $0)
                        }
                    }
                }
            }
        }
    }

    init(_ register: RegisterView) throws {
        let stamp = ModelStamp(register.stamp)
        switch register.rule {
        case .lastWriterWins: self = .lastWriterWins(stamp, register.isTombstone ? nil : register.value.text)
        case .max: self = .max(register.measure, stamp, register.value.text)
        case .min: self = .min(register.measure, stamp, register.value.text)
        case .sketch:
            let buckets = try #require(register.sketch).buckets
            self = .sketch(stamp, buckets.indices.map { buckets[$0] })
        case .union:
            var members: [String: ModelStamp] = [:]
            var previous: String?
            for member in register.members {
                let value = member.value.text
                if let previous { try demand(order(previous, value) < 0, "members out of order") }
                previous = value
                members[value] = ModelStamp(member.stamp)
            }
            try demand(members.count == register.members.count, "member count")
            let greatest = members.values.max { order($0, $1) < 0 }
            try demand(greatest == stamp, "a union's stamp is that of its greatest member")
            self = .union(capacity: register.members.capacity, members)
        }
    }
}

/// One thing an event says.
struct Fact: Equatable {
    var path: String
    var register: ModelRegister
}

/// The encoding of facts written in this order, behind bytes that have nothing to do with it.
func encode(_ facts: [Fact]) -> [UInt8] {
    var buffer = ByteBuffer(capacity: 16)
    buffer.append("before")
    var writer = EntityWriter(&buffer)
    for fact in facts { fact.register.write(fact.path, to: &writer, &buffer) }
    writer.finish(&buffer)
    return Array(buffer.array.dropFirst(6))
}

func encode(_ entity: ModelEntity) -> [UInt8] { encode(entity.map { Fact(path: $0.key, register: $0.value) }) }

func model(_ facts: [Fact]) -> ModelEntity {
    bounded(facts.reduce(into: [:]) { $0[$1.path] = $0[$1.path]?.joined(with: $1.register) ?? $1.register })
}

func decode(_ bytes: [UInt8]) throws -> ModelEntity {
    try bytes.withUnsafeBytes { bytes in
        try EntityView.validate(bytes)
        var entity: ModelEntity = [:]
        var previous: String?
        for register in EntityView(bytes) {
            let path = register.path.text
            if let previous { try demand(order(previous, path) < 0, "paths out of order") }
            previous = path
            entity[path] = try ModelRegister(register)
        }
        try demand(entity.count == EntityView(bytes).count, "register count")
        return entity
    }
}

struct Joined: Equatable {
    var bytes: [UInt8]
    var outcome: Join.Outcome
    /// Whether anything was written.
    var wrote: Bool
}

func join(_ a: [UInt8], _ b: [UInt8]) -> Joined {
    var out = ByteBuffer(capacity: 16)
    out.append("before")
    let outcome = a.withUnsafeBytes { a in
        b.withUnsafeBytes { b in Join.join(EntityView(a), EntityView(b), into: &out) }
    }
    let written = out.array
    return Joined(bytes: written.count > 6 ? Array(written.dropFirst(6)) : a, outcome: outcome, wrote: written.count > 6)
}

func json(_ bytes: [UInt8]) -> String {
    bytes.withUnsafeBytes { bytes in
        var out = ByteBuffer(capacity: 16)
        EntityView(bytes).appendJSON(to: &out)
        return out.bytes.text
    }
}
