import JSON
import Lattice
import Platform

/// The projection of a session or a queue: the fields that its events have set.
enum FieldState {
    static func append(_ entity: EntityView, names: inout NamedRegisters, to out: inout ByteBuffer) {
        let newest = gather(entity, &names)
        out.append("{\"fields\":")
        names.appendFields(to: &out)
        newest.appendMembers(to: &out)
        out.append("}")
    }

    /// As a row shows it.
    static func appendLean(
        _ entity: EntityView, names: inout NamedRegisters, _ notes: inout LeanNotes, to out: inout ByteBuffer
    ) {
        let newest = gather(entity, &names)
        out.append("{")
        names.appendLean("fields", &notes, to: &out)
        newest.appendLean(to: &out)
        notes.append(to: &out)
        out.append("}")
    }

    private static func gather(_ entity: EntityView, _ names: inout NamedRegisters) -> NewestStamp {
        names.begin(entity)
        var newest = NewestStamp()
        for register in entity {
            guard let name = register.segment(after: "field/") else { continue }
            names.add(name, register)
            newest.take(register.stamp)
        }
        return newest
    }
}

/// The greatest stamp met, which says when something was last told and by which Region. Tombstones count: a deletion is
/// an update.
struct NewestStamp {
    private var stamp: Stamp?

    mutating func take(_ candidate: Stamp) {
        if let stamp, candidate.compare(stamp) <= 0 { return }
        stamp = candidate
    }

    /// Appends `,"region":..,"updatedAt":..`.
    func appendMembers(to out: inout ByteBuffer) {
        out.append(",\"region\":")
        if let stamp, !stamp.region.isEmpty { out.appendJSONString(stamp.region) } else { out.append("null") }
        out.append(",\"updatedAt\":")
        out.appendOrNull(stamp?.time)
    }

    /// Appends `at` and `region`.
    func appendLean(to out: inout ByteBuffer) {
        guard let stamp else { return }
        out.appendLean("at", stamp.time)
        out.appendLean("region", text: stamp.region)
    }
}
