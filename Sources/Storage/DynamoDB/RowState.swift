import AWS
import ContactCenter
import Lattice
import Platform

/// What a row tells, as people and functions read it: the attribute `state`, a map that `docs/reading-state.md` lists member by member.
/// Keeps its memory; not thread-safe. Cost: that of reading the entity's documents once, some microseconds.
package final class RowState {
    private let writer = StateWriter()
    private var json = ByteBuffer(capacity: 4 << 10)

    package init() {}

    /// Appends the map, a typed value. What others wrote stands in maps of its own (`fields`, `attributes`), each value for itself.
    func append(key: ByteView, _ entity: EntityView, to out: inout ByteBuffer) {
        json.removeAll()
        writer.appendLean(key: EntityKey(key), entity: entity, to: &json)
        AttributeValue.append(canonical: json.bytes, piecesAt: 2, to: &out)
    }
}
