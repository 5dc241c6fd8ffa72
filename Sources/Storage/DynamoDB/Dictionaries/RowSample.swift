import ContactCenter
import JSON
import Lattice
import Platform

/// What of a row's encoding a dictionary may be made of: all but what tells of a person (``PersonalFacts``).
///
/// Such a value is cut out, of a text all between the quotes, of anything else all of it; of a document only the members that are personal. What is
/// left is no encoding any more. Ids stay, which are opaque; a dictionary holds what many rows have in common, and they have no id in common.
struct RowSample {
    private let parser = JSONParser()
    private var cuts: [Range<Int>] = []

    /// Appends an entity of a kind without its personal parts.
    mutating func append(_ kind: EntityKind, _ entity: ByteView, to buffer: inout ByteBuffer) {
        guard let base = entity.baseAddress else { return }
        cuts.removeAll()
        let facts = PersonalFacts.of(kind)
        for register in EntityView(entity) where !facts.isEmpty {
            let path = register.path.text
            let covering = facts.filter { $0.covers(path) }
            guard !covering.isEmpty else { continue }
            for value in [register.value] + register.members.map(\.value) {
                guard let start = value.baseAddress, !value.isEmpty else { continue }
                cut(value, at: start - base, covering)
            }
        }
        var at = 0
        for cut in cuts {
            buffer.append(entity.slice(at, cut.lowerBound - at))
            at = cut.upperBound
        }
        buffer.append(entity.slice(at, entity.count - at))
    }

    /// What cannot be parsed is cut out whole.
    private mutating func cut(_ text: ByteView, at offset: Int, _ facts: [PersonalFacts]) {
        guard let root = try? parser.parse(text).root, let start = root.bytes.baseAddress else {
            cuts.append(offset..<offset + text.count)
            return
        }
        var ranges: [Range<Int>] = []
        withExtendedLifetime(parser) {
            RowSample.visit(root, []) { path, value in
                guard facts.contains(where: { $0.isPersonal(member: path) }) else { return true }
                guard let at = value.bytes.baseAddress.map({ $0 - start }) else { return false }
                // Of a text the quotes stay.
                let quote = value.isString ? 1 : 0
                ranges.append(offset + at + quote..<offset + at + value.bytes.count - quote)
                return false
            }
        }
        cuts += ranges
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
