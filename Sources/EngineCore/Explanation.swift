import ContactCenter
public import Lattice
import Platform

/// Why an entity is what it is: everything that was told of each of its registers, in the order in which the rule ranks it, and what won.
///
///     var explanation = Explanation()
///     explanation.take(entity, at: "us-east-1")          // a row, or what one event told
///     for candidate in explanation.candidates() { .. }
///
/// Memory: a copy of all that it takes, and the join.
public struct Explanation {
    /// One telling of one register, or of one member of a union.
    public struct Candidate: Sendable {
        public let path: String
        /// Where it was told, as ``Explanation/take(_:at:)`` was given it.
        public let place: String
        /// In the order of taking.
        let number: Int
        private let encoding: [UInt8]
        /// Whether it is what the join holds.
        public fileprivate(set) var isWinner = false

        fileprivate init(path: String, place: String, number: Int, encoding: [UInt8]) {
            self.path = path
            self.place = place
            self.number = number
            self.encoding = encoding
        }

        public func withRegister<Result>(_ body: (RegisterView) -> Result) -> Result {
            encoding.withUnsafeBytes { bytes in
                var registers = EntityView(bytes).makeIterator()
                return body(registers.next().unsafelyUnwrapped)
            }
        }

        /// As canonical JSON, without the path (`docs/state.md`).
        public var json: String {
            withRegister { register in
                var out = ByteBuffer()
                register.appendJSON(to: &out)
                return out.bytes.text
            }
        }

        /// The value for people: of a register without one the moment that it measures.
        public var value: String { withRegister { Candidate.value(of: $0) } }

        fileprivate static func value(of register: RegisterView) -> String {
            if register.isTombstone { return "(deleted)" }
            if register.rule == .union { return register.members.map(\.value.text).joined(separator: " ") }
            if let sketch = register.sketch {
                return sketch.buckets.indices.filter { sketch.buckets[$0] > 0 }.map { "\($0):\(sketch.buckets[$0])" }
                    .joined(separator: " ")
            }
            let value = register.value.text
            return register.rule == .lastWriterWins || value != "null"
                ? value : "\(Timestamp(milliseconds: register.measure))"
        }

        /// By path, then as the register's rule ranks them, the winner last, members of a union by stamp; the same telling twice
        /// in the order of taking.
        fileprivate func precedes(_ other: Candidate) -> Bool {
            if path != other.path { return path < other.path }
            let order = withRegister { mine in
                other.withRegister { others in
                    guard mine.rule == .union else { return mine.contest(others) }
                    let stamps = mine.stamp.compare(others.stamp)
                    if stamps != 0 { return stamps }
                    let (a, b) = (Candidate.value(of: mine), Candidate.value(of: others))
                    return a == b ? 0 : a < b ? -1 : 1
                }
            }
            return order != 0 ? order < 0 : number < other.number
        }
    }

    private var taken: [Candidate] = []
    /// The join of everything taken.
    private var joined = EntityView.emptyEncoding

    public init() {}

    /// Nothing was told.
    public var isEmpty: Bool { taken.isEmpty }

    /// Takes in what was told at a place: a row, or one event's mutation.
    public mutating func take(_ entity: EntityView, at place: String) {
        var next = ByteBuffer()
        if joined.withUnsafeBytes({ Join.join(EntityView($0), entity, into: &next).changed }) { joined = next.array }
        for register in entity { take(register, at: place) }
    }

    private mutating func take(_ register: RegisterView, at place: String) {
        guard register.rule == .union else { return add(register, place) { $0.copy(&$1, register) } }
        let members = register.members
        for member in members {
            add(register, place) {
                $0.unionMember(
                    &$1, encodedPath: register.path, capacity: members.capacity, stamp: member.stamp, value: member.value)
            }
        }
    }

    private mutating func add(
        _ register: RegisterView, _ place: String, _ write: (inout EntityWriter, inout ByteBuffer) -> Void
    ) {
        var encoding = ByteBuffer()
        var writer = EntityWriter(&encoding)
        write(&writer, &encoding)
        writer.finish(&encoding)
        taken.append(Candidate(path: register.path.text, place: place, number: taken.count, encoding: encoding.array))
    }

    /// All of them, the winners marked. A candidate has won if its bytes are the join's. Of a union every member that is in the set with that
    /// stamp has, of a sketch what a bucket still shows.
    public func candidates() -> [Candidate] {
        var candidates = taken
        joined.withUnsafeBytes { bytes in
            for register in EntityView(bytes) {
                let path = register.path.text
                for at in candidates.indices where candidates[at].path == path {
                    candidates[at].isWinner = candidates[at].withRegister { Explanation.has($0, won: register) }
                }
            }
        }
        return candidates.sorted { $0.precedes($1) }
    }

    private static func has(_ mine: RegisterView, won register: RegisterView) -> Bool {
        if let whole = register.sketch, let part = mine.sketch { return part.hasReached(whole) }
        guard register.rule == .union else { return mine.bytes.equals(register.bytes) }
        return mine.members.allSatisfy { member in
            register.members.contains { $0.value.equals(member.value) && $0.stamp.compare(member.stamp) == 0 }
        }
    }
}
