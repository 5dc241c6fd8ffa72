import ContactCenter
import Platform

/// Where the next page of a list begins: behind the last id that was looked at. It holds for the list and the filters that it was given for, and for
/// ever; it gives no right to anything.
///
/// Base64url of a version, a check and the id. The check is of all that the cursor is for, so one of another list or of other filters, or with a digit
/// changed, is told apart. It is no signature: who makes one up learns nothing that the list would not show.
enum ListCursor {
    private static let version: UInt8 = 1
    /// Hexadecimal digits.
    private static let checkLength = 8

    static func text(after key: [UInt8], filters: [String: String]) -> String {
        Base64URL.text(of: [version] + check(key, filters) + key.dropFirst())
    }

    /// The key; nil where the text is no cursor of this list with these filters.
    static func key(of text: String, _ kind: EntityKind, filters: [String: String]) -> [UInt8]? {
        guard let bytes = Base64URL.bytes(of: text), bytes.count > checkLength + 1, bytes[0] == version else { return nil }
        let key = [kind.rawValue] + bytes[(1 + checkLength)...]
        guard key.count <= 1 + EntityKind.idLengthMax, bytes[1...checkLength].elementsEqual(check(key, filters)) else {
            return nil
        }
        return key
    }

    private static func check(_ key: [UInt8], _ filters: [String: String]) -> [UInt8] {
        var text = ByteBuffer()
        text.append(version)
        for (name, value) in filters.sorted(by: { $0.key < $1.key }) {
            text.appendJSONString(name)
            text.appendJSONString(value)
        }
        key.withUnsafeBytes { text.append($0) }
        var hash = SHA256()
        hash.update(text.bytes)
        return Array(hash.finalizeHex().prefix(checkLength).utf8)
    }
}
