import ContactCenter
import Lattice
import Platform

extension EventWorld {
    /// What people read of an entity, at a path of member names; nil where nothing is known of it, or there is no such member.
    func shown(_ kind: EntityKind, _ id: String, _ path: String...) -> String? {
        guard let encoding = encodings[EntityName(kind: kind, id: id)] else { return nil }
        var key = ByteBuffer()
        key.append(kind.rawValue)
        key.append(id)
        var out = ByteBuffer()
        encoding.withUnsafeBytes { StateWriter().appendState(key: EntityKey(key.bytes), entity: EntityView($0), to: &out) }
        return StateFixture.member(of: out.bytes.text, at: path)
    }
}
