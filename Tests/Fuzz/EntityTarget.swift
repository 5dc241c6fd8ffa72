import Bytes
import ContactCenter
import Glibc
import Lattice

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

/// No fuzzer: writes the mutations of the records it is given into the directory FUZZ_ENTITY_SEEDS, each alone and behind the
/// one before, as a corpus for ``EntityTarget``.
final class EntitySeeds: FuzzTarget {
    private let decoder = RecordDecoder()
    private let batch = MutationBatch(laneCount: 1)
    private var previous = EntityView.emptyEncoding
    private let directory = getenv("FUZZ_ENTITY_SEEDS").map { String(cString: $0) }

    func run(_ input: ByteView) {
        guard let directory else { stop("FUZZ_ENTITY_SEEDS names no directory") }
        batch.removeAll()
        decoder.decode(input, arrival: nil, index: 0, into: batch)
        batch.forEachMutation(ofLane: 0) { mutation in
            let entity = mutation.entity.bytes
            write(entity, to: directory)
            var pair = ByteBuffer()
            pair.appendInteger(UInt16(truncatingIfNeeded: previous.count))
            previous.withUnsafeBytes { pair.append($0) }
            pair.append(entity)
            write(pair.bytes, to: directory)
            previous = [UInt8](entity)
        }
    }

    private func write(_ bytes: ByteView, to directory: String) {
        guard let file = fopen("\(directory)/\(String(bytes.hash64, radix: 16))", "w") else {
            stop("\(directory) cannot be written to")
        }
        fwrite(bytes.baseAddress, 1, bytes.count, file)
        fclose(file)
    }
}
