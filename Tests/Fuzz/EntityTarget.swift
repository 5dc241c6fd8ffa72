import ContactCenter
import Lattice
import Platform

/// Arbitrary bytes as entity encodings, as a damaged disk or a foreign writer would leave them: what ``EntityView`` lets
/// through can be read and joined, and its joins keep their laws.
final class EntityTarget: FuzzTarget {
    func run(_ input: ByteView) {
        check(input)
        guard input.count >= 2 else { return }
        // Two encodings, one behind the other; the first two bytes say where the second starts.
        let rest = input.count - 2
        let length = min(Int(input.integer(at: 0, as: UInt16.self)), rest)
        check(input.slice(2, length), input.slice(2 + length, rest - length))
    }

    private func isEntity(_ bytes: ByteView) -> Bool {
        do {
            try EntityView.validate(bytes)
            return true
        } catch {
            return false
        }
    }

    private func check(_ bytes: ByteView) {
        guard isEntity(bytes) else { return }
        let entity = EntityView(bytes)
        var out = ByteBuffer()
        let outcome = Join.join(entity, entity, into: &out)
        require(!outcome.changed && outcome.ties == 0 && out.count == 0, "an entity joined with itself changes")
        entity.appendJSON(to: &out)
        require((entity.latest == nil) == (entity.count == 0), "the newest of \(entity.count) registers is missing")
        for register in entity {
            require(entity.register(register.path)?.bytes.equals(register.bytes) == true, "a register that is not found")
        }
    }

    private func check(_ a: ByteView, _ b: ByteView) {
        guard isEntity(a), isEntity(b) else { return }
        let ab = join(a, b)
        let ba = join(b, a)
        require(ab.bytes.equals(ba.bytes), "a join that is not commutative")
        require(isEntity(ab.bytes), "a join that is no entity")
        for side in [a, b] {
            var again = ByteBuffer()
            let outcome = Join.join(EntityView(ab.bytes), EntityView(side), into: &again)
            require(!outcome.changed, "a join that does not hold its sides")
        }
    }

    private func join(_ a: ByteView, _ b: ByteView) -> ByteBuffer {
        var out = ByteBuffer()
        if !Join.join(EntityView(a), EntityView(b), into: &out).changed { out.append(a) }
        return out
    }
}
