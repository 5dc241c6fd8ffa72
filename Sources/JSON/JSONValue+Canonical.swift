public import Platform

extension JSONValue {
    /// Appends the value's canonical JSON: compact; object keys sorted by the bytes of their UTF-8, of duplicate keys the last
    /// one; strings with the least escaping (half of a surrogate pair stays an escape, and sorts as a character of its
    /// number); numbers as the tokens they are. Equal events written by different producers become equal bytes.
    ///
    /// Cost: a copy where the text is canonical already, as that of Amazon Connect is.
    @inline(__always)
    public func appendCanonical(to out: inout ByteBuffer) {
        if isCanonical { out.append(bytes) } else { rewrite(to: &out) }
    }

    @inline(never)
    private func rewrite(to out: inout ByteBuffer) {
        switch kind {
        case .string:
            out.append(UInt8(ascii: "\""))
            JSONValue.appendReescaped(rawString, to: &out)
            out.append(UInt8(ascii: "\""))
        case .array:
            out.append(UInt8(ascii: "["))
            var first = true
            for element in elements {
                if !first { out.append(UInt8(ascii: ",")) }
                first = false
                element.appendCanonical(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object: rewriteObject(to: &out)
        case .number, .true, .false, .null: out.append(bytes)
        }
    }

    private func rewriteObject(to out: inout ByteBuffer) {
        struct Member {
            /// As spelled, and as it sorts.
            var spelled: ByteView
            var name: ByteView
            var order: Int
            var value: JSONValue
        }
        // Keys sort by what they mean, not by how they are spelled: the spelled-out ones are unescaped into one arena first.
        var arena = ByteBuffer(capacity: 64)
        var unescaped: [(member: Int, offset: Int, length: Int)] = []
        var sorted: [Member] = []
        sorted.reserveCapacity(16)
        for (name, value) in members {
            if name.firstOffset(of: UInt8(ascii: "\\")) != nil {
                let offset = arena.count
                JSONValue.appendSortable(name, to: &arena)
                unescaped.append((sorted.count, offset, arena.count - offset))
            }
            sorted.append(Member(spelled: name, name: name, order: sorted.count, value: value))
        }
        for (member, offset, length) in unescaped { sorted[member].name = arena.bytes.slice(offset, length) }
        sorted.sort { a, b in
            let order = a.name.compare(b.name)
            return order != 0 ? order < 0 : a.order < b.order
        }
        out.append(UInt8(ascii: "{"))
        var first = true
        for (at, member) in sorted.enumerated() {
            if at + 1 < sorted.count, sorted[at + 1].name.equals(member.name) { continue }
            if !first { out.append(UInt8(ascii: ",")) }
            first = false
            out.append(UInt8(ascii: "\""))
            JSONValue.appendReescaped(member.spelled, to: &out)
            out.append("\":")
            member.value.appendCanonical(to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    /// Appends what a string means, as UTF-8. Half of a surrogate pair has no UTF-8; it stays an escape (`\ud800`) in lower
    /// case.
    public func appendUnescaped(to out: inout ByteBuffer) {
        if hasEscapes { JSONValue.appendUnescaped(rawString, to: &out) } else { out.append(rawString) }
    }

    /// The same of a member's name, as ``members`` spells it.
    public static func appendUnescaped(name: ByteView, to out: inout ByteBuffer) { appendUnescaped(name, to: &out) }

    private static func appendUnescaped(_ raw: ByteView, to out: inout ByteBuffer) {
        forEachCharacterRun(raw) { run in
            out.append(run)
        } escape: { scalar, half in
            if let scalar { out.append(scalar) } else { out.append(half) }
        }
    }

    /// Appends what a key means so that no two keys become the same bytes: half of a surrogate pair takes the three bytes
    /// that its number would have in UTF-8 (WTF-8), which no other character has.
    private static func appendSortable(_ raw: ByteView, to out: inout ByteBuffer) {
        forEachCharacterRun(raw) { run in
            out.append(run)
        } escape: { scalar, half in
            if let scalar {
                out.append(scalar)
            } else {
                let value = hex(half, 2) ?? 0
                out.append(0xED)
                out.append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
                out.append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
            }
        }
    }

    /// Rewrites the inside of a string with the least escaping.
    private static func appendReescaped(_ raw: ByteView, to out: inout ByteBuffer) {
        forEachCharacterRun(raw) { run in
            out.append(run)
        } escape: { scalar, half in
            if let scalar { out.appendJSONEscaped(scalar) } else { out.append(half) }
        }
    }

    /// Splits the inside of a string into runs without escapes and what each escape stands for: UTF-8 of one character, or
    /// the six bytes of a surrogate half.
    private static func forEachCharacterRun(
        _ raw: ByteView, run: (ByteView) -> Void, escape: (_ scalar: ByteView?, _ half: ByteView) -> Void
    ) {
        let empty = StaticString("").view
        var at = 0
        while at < raw.count {
            guard let backslash = raw.firstOffset(of: UInt8(ascii: "\\"), from: at) else {
                run(raw.slice(at, raw.count - at))
                return
            }
            if backslash > at { run(raw.slice(at, backslash - at)) }
            let kind = raw[backslash + 1]
            at = backslash + 2
            guard kind == UInt8(ascii: "u") else {
                let character: StaticString =
                    switch kind {
                    case UInt8(ascii: "b"): "\u{08}"
                    case UInt8(ascii: "f"): "\u{0C}"
                    case UInt8(ascii: "n"): "\n"
                    case UInt8(ascii: "r"): "\r"
                    case UInt8(ascii: "t"): "\t"
                    case UInt8(ascii: "/"): "/"
                    case UInt8(ascii: "\""): "\""
                    default: "\\"
                    }
                escape(character.view, empty)
                continue
            }
            // The walk has checked that four hexadecimal digits follow.
            var value = hex(raw, at) ?? 0
            at += 4
            if value >= 0xD800, value < 0xDC00, at + 6 <= raw.count, raw[at] == UInt8(ascii: "\\"),
                raw[at + 1] == UInt8(ascii: "u"), let low = hex(raw, at + 2), low >= 0xDC00, low <= 0xDFFF
            {
                value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
                at += 6
            }
            if let scalar = Unicode.Scalar(value) {
                withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4) { bytes in
                    var count = 0
                    for byte in UTF8.encode(scalar).unsafelyUnwrapped {
                        bytes[count] = byte
                        count += 1
                    }
                    escape(ByteView(start: bytes.baseAddress, count: count), empty)
                }
            } else {
                var half = ByteBuffer(capacity: 16)
                half.append("\\u")
                for shift in stride(from: 8, through: 0, by: -8) {
                    withUnsafeBytes(of: UInt8(truncatingIfNeeded: value >> UInt32(shift))) { half.appendHex($0) }
                }
                escape(nil, half.bytes)
            }
        }
    }

    /// The value of the four hexadecimal digits at `at`.
    private static func hex(_ text: ByteView, _ at: Int) -> UInt32? {
        guard at + 4 <= text.count else { return nil }
        var value: UInt32 = 0
        for offset in at..<(at + 4) {
            let byte = text[offset]
            switch byte {
            case 48...57: value = value << 4 | UInt32(byte - 48)
            case 65...70: value = value << 4 | UInt32(byte - 55)
            case 97...102: value = value << 4 | UInt32(byte - 87)
            default: return nil
            }
        }
        return value
    }
}
