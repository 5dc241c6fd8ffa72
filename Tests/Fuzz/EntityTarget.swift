import ContactCenter
import Lattice
import Platform

/// Arbitrary bytes as entity encodings, as a damaged disk or a foreign writer would leave them: what ``EntityView`` lets
/// through can be read and joined, and its joins keep their laws.
final class EntityTarget: FuzzTarget {
    private var packer = EntityPacker()
    private var unpacker = EntityUnpacker()

    func run(_ input: ByteView) {
        check(input)
        unpack(input)
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

    /// What is packed comes back; and arbitrary bytes as packed entities, the first of which says how long the tail is.
    private func unpack(_ input: ByteView) {
        let key = StaticString("\u{1}111122223333/0d825a9b-99c3-4179-9afb-8bdda131e94f/ann").view
        var out = ByteBuffer()
        out.append(key)
        if isEntity(input), packer.pack(input, key: key) {
            do {
                try unpacker.unpack(
                    packer.content.bytes, tail: packer.tail.bytes, key: 0..<key.count, bytesMax: 64 << 20, to: &out)
            } catch { stop("an entity cannot be unpacked: \(error)") }
            require(
                out.bytes.slice(key.count, out.count - key.count).equals(input), "an entity comes back as another one")
        }
        guard let tail = input.first.map(Int.init), tail < input.count else { return }
        out.truncate(to: key.count)
        let content = input.slice(1, input.count - 1 - tail)
        guard
            (try? unpacker.unpack(
                content, tail: input.slice(input.count - tail, tail), key: 0..<key.count, bytesMax: 1 << 20, to: &out)) != nil
        else { return }
        check(out.bytes.slice(key.count, out.count - key.count))
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
