import JSON
import Lattice
import Platform

/// What a lean projection does not show of an entity and a reader has to know: names that were deleted, and what is too large for it.
/// Both by path: `fields/offer`.
struct LeanNotes: ~Copyable {
    /// JSON of a single value that is shown, and of each of the lists here, in bytes: two values of that size would double what a row costs.
    static let valueBytesMax = 512

    /// Elements of JSON lists.
    private var deleted = ByteBuffer()
    private var leftOut = ByteBuffer()

    mutating func begin() {
        deleted.removeAll()
        leftOut.removeAll()
    }

    mutating func delete(_ part: StaticString, _ name: ByteView) {
        LeanNotes.append(part, name, isEscaped: false, to: &deleted)
    }

    /// `name`: as it stands between the quotes of JSON, if it is escaped.
    mutating func leaveOut(_ part: StaticString, _ name: ByteView? = nil, isEscaped: Bool = false) {
        LeanNotes.append(part, name, isEscaped: isEscaped, to: &leftOut)
    }

    private static func append(_ part: StaticString, _ name: ByteView?, isEscaped: Bool, to list: inout ByteBuffer) {
        if list.count > 0 { list.append(UInt8(ascii: ",")) }
        list.append(UInt8(ascii: "\""))
        list.append(part)
        if let name {
            list.append(UInt8(ascii: "/"))
            if isEscaped { list.append(name) } else { list.appendJSONEscaped(name) }
        }
        list.append(UInt8(ascii: "\""))
    }

    /// Appends the members `deleted` and `leftOut`. Deleted names that are too many are left out as a whole.
    mutating func append(to out: inout ByteBuffer) {
        if deleted.count > LeanNotes.valueBytesMax {
            deleted.removeAll()
            leaveOut("deleted")
        }
        out.appendLeanList("deleted") { $0.append(deleted.bytes) }
        out.appendLeanList("leftOut") { $0.append(leftOut.bytes) }
    }
}

extension ByteBuffer {
    /// An entry of the object `part`, whose value is JSON as it stands: not null, nor too large. DynamoDB has no empty names.
    mutating func appendLeanEntry(
        of part: StaticString, _ name: ByteView, isEscaped: Bool = false, _ json: ByteView, _ notes: inout LeanNotes
    ) {
        if json.isEmpty || json.equals("null") { return }
        guard json.count <= LeanNotes.valueBytesMax, !name.isEmpty else {
            return notes.leaveOut(part, name, isEscaped: isEscaped)
        }
        appendLeanComma()
        if isEscaped {
            append(UInt8(ascii: "\""))
            append(name)
            append(UInt8(ascii: "\""))
        } else {
            appendJSONString(name)
        }
        append(UInt8(ascii: ":"))
        append(json)
    }

    /// A member that `body` writes as a whole, unless it is empty or too large.
    mutating func appendLean(_ name: StaticString, _ notes: inout LeanNotes, _ body: (inout ByteBuffer) -> Void) {
        let start = count
        appendLeanName(name)
        let value = count
        body(&self)
        let json = bytes.slice(value, count - value)
        if json.equals("[]") || json.equals("{}") || json.equals("null") {
            truncate(to: start)
        } else if json.count > LeanNotes.valueBytesMax {
            truncate(to: start)
            notes.leaveOut(name)
        }
    }
}

extension NamedRegisters {
    /// Appends the member `part`, of the newest register of each name. One that is a tombstone is noted.
    mutating func appendLean(_ part: StaticString, _ notes: inout LeanNotes, to out: inout ByteBuffer) {
        sort()
        out.appendLeanObject(part) { out in
            var at = 0
            while let group = nextGroup(&at) {
                let name = entries[group.lowerBound].name
                let newest = newest(of: group)
                if newest.isTombstone {
                    notes.delete(part, name)
                } else {
                    out.appendLeanEntry(of: part, name, newest.value, &notes)
                }
            }
        }
    }
}
