import JSON
import Lattice
import Platform

/// A line of a state file, or what of it can be joined: what a row that a store refused becomes as a dead letter. `docs/merge.md`.
extension RecordDecoder {
    func decodeStateLine(_ root: JSONValue, arrival: Timestamp?, into batch: MutationBatch) throws(Refusal) {
        let (key, entity): (ByteView, EntityView)
        do throws(StateLineError) {
            (key, entity) = try stateLines.read(root)
        } catch {
            throw Refusal(.badEnvelope, "an incomplete line of a state file")
        }
        guard !EntityKey(key).id.isEmpty else { throw Refusal(.noIdentity, "a line of a state file without an id") }
        guard let kind = EntityKey(key).kind, let time = entity.latest else {
            throw Refusal(.noStamp, "a line of a state file without registers")
        }
        let paths = KnownPaths.of(kind)
        for register in entity {
            guard paths.has(register) else {
                throw Refusal(
                    .badEnvelope, "a line of a state file with a register that no event writes: \(name(of: register))")
            }
            guard register.rule != .union || register.members.allSatisfy({ $0.value.count <= RecordDecoder.memberLengthMax })
            else { throw Refusal(.tooLarge, "a set with a member longer than 1,026 bytes") }
        }
        // Its registers keep the stamps that their events gave them.
        try admit(.state, time, arrival: arrival, into: batch)
        batch.mutate(kind, EntityKey(key).id) { buffer, writer in
            for register in entity { writer.copy(&buffer, register) }
        }
    }

    /// A register's path, or the beginning of a long one.
    private func name(of register: RegisterView) -> String {
        let path = register.path
        let lengthMax = UnknownObjects.nameLengthMax
        return path.count > lengthMax ? path.slice(0, lengthMax - 2).text + ".." : path.text
    }
}
