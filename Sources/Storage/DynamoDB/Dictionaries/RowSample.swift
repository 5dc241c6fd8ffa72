import ContactCenter
import JSON
import Lattice
import Platform

/// What of a row a dictionary may be made of: its packed content (``PackedEntity``), but for what tells of a person (``PersonalFacts``).
///
/// Such a value is cut out, of a text all between the quotes, of anything else all of it; of a document only the members that are personal. Ids that
/// are no UUIDs stay, which are opaque; a dictionary holds what many rows have in common, and they have no id in common.
struct RowSample: ~Copyable {
    private let parser = JSONParser()
    private var packer = EntityPacker()
    private var blanked = ByteBuffer(capacity: 4 << 10)
    private var value = ByteBuffer(capacity: 4 << 10)
    private var cuts: [Range<Int>] = []

    /// Appends the content of an entity of a key without its personal parts.
    mutating func append(_ key: ByteView, _ entity: ByteView, to buffer: inout ByteBuffer) {
        guard let kind = EntityKey(key).kind else { return }
        blank(kind, entity)
        if packer.pack(blanked.bytes, key: key) { buffer.append(packer.content.bytes) }
    }

    private mutating func blank(_ kind: EntityKind, _ entity: ByteView) {
        let facts = PersonalFacts.of(kind)
        blanked.removeAll()
        var writer = EntityWriter(&blanked)
        for register in EntityView(entity) {
            let path = register.path.text
            let covering = facts.filter { $0.covers(path) }
            let stamp = register.stamp
            guard !covering.isEmpty, !register.isTombstone else {
                writer.copy(&blanked, register)
                continue
            }
            if register.rule == .union {
                let members = register.members
                writer.beginUnion(
                    &blanked, encodedPath: register.path, stamp: stamp, capacity: members.capacity, count: members.count)
                for member in members {
                    cut(member.value, covering)
                    writer.appendMember(&blanked, stamp: member.stamp, value: value.bytes)
                }
            } else {
                writer.beginRegister(&blanked, encodedPath: register.path, rule: register.rule, stamp: stamp)
                if register.rule != .lastWriterWins { blanked.appendInteger(register.measure) }
                cut(register.value, covering)
                blanked.append(value.bytes)
            }
            writer.endRegister(&blanked)
        }
        writer.finish(&blanked)
    }

    /// Makes what is left of a text. What cannot be parsed is cut out whole.
    private mutating func cut(_ text: ByteView, _ facts: [PersonalFacts]) {
        value.removeAll()
        guard let root = try? parser.parse(text).root, let start = root.bytes.baseAddress else { return }
        cuts.removeAll()
        withExtendedLifetime(parser) {
            RowSample.visit(root, []) { path, value in
                guard facts.contains(where: { $0.isPersonal(member: path) }) else { return true }
                guard let at = value.bytes.baseAddress.map({ $0 - start }) else { return false }
                // Of a text the quotes stay.
                let quote = value.isString ? 1 : 0
                cuts.append(at + quote..<at + value.bytes.count - quote)
                return false
            }
        }
        var at = 0
        for cut in cuts {
            value.append(text.slice(at, cut.lowerBound - at))
            at = cut.upperBound
        }
        value.append(text.slice(at, text.count - at))
    }

    /// Calls `body` with a value and, where it says so, with what is in it, in the order of the text.
    private static func visit(_ value: JSONValue, _ path: [String], _ body: (_ path: [String], _ value: JSONValue) -> Bool) {
        guard body(path, value) else { return }
        if value.isObject {
            for (name, member) in value.members {
                var plain = ByteBuffer()
                JSONValue.appendUnescaped(name: name, to: &plain)
                visit(member, path + [plain.bytes.text], body)
            }
        } else if value.isArray {
            for (index, element) in value.elements.enumerated() { visit(element, path + ["\(index)"], body) }
        }
    }
}
