public import Bytes

/// The join of entities: the one way in which states meet, whether a mutation meets a shard, a shard a row, or a state
/// file another.
public enum Join {
    /// What a join did to its left side.
    public struct Outcome: Equatable, Sendable {
        /// Registers of the right side that replaced or added something.
        public var won = 0
        /// Registers of the right side that were older than, or the same as, what was there.
        public var lost = 0
        /// Contests that Region, event id or value had to decide, because measure, time and rank were equal and the registers
        /// were not. Unions have none: both members stay.
        public var ties = 0
        /// Whether the join differs from the left side.
        @inline(__always) public var changed: Bool { won > 0 }

        public init(won: Int = 0, lost: Int = 0, ties: Int = 0) {
            self.won = won
            self.lost = lost
            self.ties = ties
        }
    }

    /// Appends the join of `a` and `b` to `out`, if it differs from `a`; otherwise `out` is left alone.
    ///
    /// Commutative, associative and idempotent by path and rule. Cost: one pass over both; runs of `a` that `b` does not
    /// touch are copied whole, and nothing is copied when `b` changes nothing.
    public static func join(_ a: EntityView, _ b: EntityView, into out: inout ByteBuffer) -> Outcome {
        var outcome = Outcome()
        let aBase = a.bytes.baseAddress.unsafelyUnwrapped
        let aEnd = aBase + a.bytes.count
        var at = aBase + EntityView.headerSize
        var copied = aBase  // everything of `a` before here is in `out`, once something has changed
        let outStart = out.count
        var added: UInt32 = 0

        for theirs in b {
            let path = theirs.path
            var order = 1
            var mine: RegisterView?
            while at < aEnd {
                let candidate = RegisterView(at: at)
                order = candidate.path.compare(path)
                if order >= 0 {
                    mine = candidate
                    break
                }
                at += candidate.bytes.count
            }
            guard let mine, order == 0 else {
                copy(from: &copied, upTo: at, into: &out)
                out.append(theirs.bytes)
                outcome.won += 1
                added += 1
                continue
            }
            if mine.rule != theirs.rule {
                // Only data of a newer program version can bring this about. The greater rule wins: still a join.
                if theirs.rule.rawValue > mine.rule.rawValue {
                    replace(mine, with: theirs.bytes, copied: &copied, into: &out)
                    outcome.won += 1
                } else {
                    outcome.lost += 1
                }
            } else if mine.rule == .union {
                if joinUnion(mine, theirs, copied: &copied, into: &out) { outcome.won += 1 } else { outcome.lost += 1 }
            } else {
                let contest = theirs.contest(mine)
                if contest != 0, mine.time == theirs.time, mine.rank == theirs.rank, mine.measure == theirs.measure {
                    outcome.ties += 1
                }
                if contest > 0 {
                    replace(mine, with: theirs.bytes, copied: &copied, into: &out)
                    outcome.won += 1
                } else {
                    outcome.lost += 1
                }
            }
            at += mine.bytes.count
        }
        if outcome.changed {
            copy(from: &copied, upTo: aEnd, into: &out)
            out.store(UInt32(a.count) + added, at: outStart + 4)
        }
        return outcome
    }

    @inline(__always)
    private static func copy(from copied: inout UnsafeRawPointer, upTo end: UnsafeRawPointer, into out: inout ByteBuffer) {
        out.append(ByteView(start: copied, count: end - copied))
        copied = end
    }

    @inline(__always)
    private static func replace(
        _ mine: RegisterView, with bytes: ByteView, copied: inout UnsafeRawPointer, into out: inout ByteBuffer
    ) {
        let start = mine.bytes.baseAddress.unsafelyUnwrapped
        copy(from: &copied, upTo: start, into: &out)
        out.append(bytes)
        copied = start + mine.bytes.count
    }

    /// Joins two union registers; returns whether the result differs from `mine`, and writes it only then.
    private static func joinUnion(
        _ mine: RegisterView, _ theirs: RegisterView, copied: inout UnsafeRawPointer, into out: inout ByteBuffer
    ) -> Bool {
        if mine.members.absorbs(theirs.members) { return false }
        let (members, capacity) = UnionView.join(mine.members, theirs.members)
        var greatest = members[0]
        for member in members where member.compare(greatest) > 0 { greatest = member }

        var register = ByteBuffer(capacity: mine.bytes.count + theirs.bytes.count)
        var writer = EntityWriter(&register)
        let start = register.count
        writer.beginRegister(&register, "", segment: nil, rule: .union, stamp: greatest.stamp)
        register.appendInteger(UInt32(capacity))
        register.appendInteger(UInt32(members.count))
        for member in members { register.append(member.bytes) }
        writer.endRegister(&register)
        // The path as it is encoded already.
        let path = mine.path
        register.store(UInt16(path.count), at: start + 4)
        let encoded = register.bytes.slice(start, register.count - start)

        let from = mine.bytes.baseAddress.unsafelyUnwrapped
        copy(from: &copied, upTo: from, into: &out)
        out.append(encoded.slice(0, RegisterView.headerSize))
        out.append(path)
        out.append(encoded.slice(RegisterView.headerSize, encoded.count - RegisterView.headerSize))
        copied = from + mine.bytes.count
        return true
    }
}
