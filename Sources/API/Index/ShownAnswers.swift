import Platform

/// What is shown of one entity to those who may see it, without when it was read: the same until the entity changes, or time makes it another one.
struct Shown: Sendable {
    /// JSON: of the answer's object all from the comma before `data` to the line break.
    let text: [UInt8]
    /// Of what is shown (``ReadingAnswer``).
    let tag: String
}

/// What was shown of entities a moment ago, so that who asks again and again costs a look-up and a copy.
///
/// Under a version of the entity (``ResidentState/Found``) and for a span of time, because what says that an agent is stale goes by the clock.
/// Any thread may ask. Bounded: ``bytesMax`` in each of two generations; when the younger one is full the older one is forgotten.
final class ShownAnswers: Sendable {
    static let bytesMax = 32 << 20
    /// Bytes that one takes beside its text, about.
    private static let overhead = 256

    struct Key: Hashable {
        /// Of the entity.
        var key: [UInt8]
        var withPersonal: Bool

        /// All bytes at once: an array hashes them one by one.
        func hash(into hasher: inout Hasher) { key.withUnsafeBytes { hasher.combine(bytes: $0) } }
    }

    private struct Kept {
        var shown: Shown
        var version: UInt64
        var span: Range<Int64>
    }

    private struct State {
        var young: [Key: Kept] = [:]
        var old: [Key: Kept] = [:]
        /// Of the younger ones.
        var bytes = 0

        mutating func keep(_ kept: Kept, _ key: Key, bytesMax: Int) {
            let size = kept.shown.text.count + key.key.count + overhead
            if bytes + size > bytesMax { (old, young, bytes) = (young, [:], 0) }
            if let before = young.updateValue(kept, forKey: key) { bytes -= before.shown.text.count + key.key.count + overhead }
            bytes += size
        }
    }

    private let bytesMax: Int
    private let state = SharedLock(State())

    init(bytesMax: Int = ShownAnswers.bytesMax) { self.bytesMax = bytesMax }

    /// What is shown of an entity of this version at a time, in milliseconds since 1970; nil where that is not known.
    func shown(_ key: Key, version: UInt64, now: Int64) -> Shown? {
        let (found, isYoung) = state.look { state -> (Kept?, Bool) in
            if let kept = state.young[key] { return (kept, true) }
            return (state.old[key], false)
        }
        guard let found, found.version == version, found.span.contains(now) else { return nil }
        if !isYoung { state.withLock { $0.keep(found, key, bytesMax: bytesMax) } }
        return found.shown
    }

    /// `span`: when it is shown so.
    func keep(_ shown: Shown, _ key: Key, version: UInt64, span: Range<Int64>) {
        state.withLock { $0.keep(Kept(shown: shown, version: version, span: span), key, bytesMax: bytesMax) }
    }

    /// Bytes of both generations, as they are counted.
    var bytes: Int {
        state.look { state in
            state.bytes + state.old.reduce(0) { $0 + $1.value.shown.text.count + $1.key.key.count + ShownAnswers.overhead }
        }
    }
}
