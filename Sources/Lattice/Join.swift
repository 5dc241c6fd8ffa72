public import Platform

/// The join of entities: the one way in which states meet, whether a mutation meets a shard, a shard a row, or a state
/// file another. Commutative, associative and idempotent, by path and rule.
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
    /// For now and then; what joins all the time keeps a ``JoinPlan``.
    public static func join(_ a: EntityView, _ b: EntityView, into out: inout ByteBuffer) -> Outcome {
        var plan = JoinPlan()
        let outcome = plan.make(a, b)
        if outcome.changed {
            let start = out.count
            out.reserve(a.bytes.count + plan.roomNeeded)
            out.append(a.bytes)
            _ = out.extend(by: plan.roomNeeded)
            let length = plan.apply(to: out.base + start, length: a.bytes.count)
            out.truncate(to: start + length)
        }
        return outcome
    }
}
