import ContactCenter
import Lattice
import Platform

/// Rows that a store will never take, as dead letters.
extension RowBatch {
    /// The reason of their letters (``DeadLetter/reason``).
    public static let refusedReason = "row-refused"
    /// Bytes of registers that a letter holds, unless a single one is larger: what Kafka takes by default is 1 MB.
    package static let letterBytesMax = 256 << 10

    /// Appends every row that has a refusal to the dead letters, whole, as lines of a state file without its projection
    /// (`docs/state.md`). A large row is several letters, each a joinable part of it. Replaying them joins what they hold.
    public func bury(in deadLetters: any DeadLetterSink) throws {
        for (number, row) in enumerated() {
            guard let why = refusals[number], let kind = EntityKey(row.key).kind else { continue }
            let partition = Partition(source: "store", stream: "\(kind.name)", name: EntityKey(row.key).id.text)
            for (part, entity) in EntityView(row.entity).parts(of: RowBatch.letterBytesMax).enumerated() {
                try entity.withUnsafeBytes { entity in
                    var line = ByteBuffer(capacity: 2 * entity.count)
                    StateWriter.appendRegisters(key: EntityKey(row.key), entity: EntityView(entity), to: &line)
                    try deadLetters.append(
                        DeadLetter(
                            reason: RowBatch.refusedReason, detail: why, partition: partition,
                            position: "\(row.revision.count)/\(part)", arrival: nil, bytes: line.bytes))
                }
            }
        }
    }
}
