import Lattice
import Platform

/// The projection of an alias: the customers that are known by it and the contacts that it had part in, newest first.
struct AliasState {
    private var members: [UnionView.Member] = []

    mutating func append(id: ByteView, _ entity: EntityView, to out: inout ByteBuffer) {
        out.append("{\"contacts\":[")
        appendMembers(of: entity, "contacts", to: &out)
        out.append("],\"customers\":[")
        appendMembers(of: entity, "customers", to: &out)
        out.append("],\"type\":")
        if let type = AliasState.type(of: id) { out.appendJSONString(type) } else { out.append("null") }
        out.append("}")
    }

    /// As a row shows it; the type stands in its key.
    mutating func appendLean(_ entity: EntityView, to out: inout ByteBuffer) {
        out.append("{")
        for path in ["contacts", "customers"] as [StaticString] {
            read(entity, path)
            out.appendLeanList(path) { out in
                for member in members {
                    out.appendLeanComma()
                    out.append(member.value)
                }
            }
        }
        out.append("}")
    }

    private mutating func appendMembers(of entity: EntityView, _ path: StaticString, to out: inout ByteBuffer) {
        read(entity, path)
        for (index, member) in members.enumerated() {
            if index > 0 { out.append(",") }
            out.append(member.value)
        }
    }

    /// Newest first; of one moment by the text.
    private mutating func read(_ entity: EntityView, _ path: StaticString) {
        members.removeAll(keepingCapacity: true)
        guard let union = entity.register(path)?.members else { return }
        for member in union where member.isText { members.append(member) }
        members.sort { a, b in
            a.stamp.time != b.stamp.time ? a.stamp.time > b.stamp.time : a.value.compare(b.value) < 0
        }
    }

    /// What precedes the slash.
    private static func type(of id: ByteView) -> ByteView? {
        guard let slash = id.firstOffset(of: UInt8(ascii: "/")), slash > 0 else { return nil }
        return id.slice(0, slash)
    }
}
