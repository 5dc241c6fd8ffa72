import JSON
import Measuring
import Platform

/// Bytes of an item as DynamoDB counts them for capacity:
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html.
struct ItemSize {
    var bytes = 0
    /// Of those, what the readable attribute takes, `state` or `values`, and what `registers` does.
    var valuesBytes = 0
    var registersBytes = 0

    /// Units of a write that is not replicated.
    var units: Int { (bytes + 1023) / 1024 }
    var unitsWithoutValues: Int { (bytes - valuesBytes + 1023) / 1024 }

    /// Of the parameters of a PutItem.
    init(put: [UInt8], _ parser: JSONParser) throws {
        let padded = put + [UInt8](repeating: 0, count: 64)
        var size: ItemSize?
        try padded.withUnsafeBytes { text in
            guard let item = try parser.parse(ByteView(rebasing: text[..<put.count])).root.member("Item") else { return }
            var all = ItemSize()
            for (name, value) in item.members {
                let bytes = name.count + ItemSize.bytes(of: value)
                all.bytes += bytes
                if name.equals("values") || name.equals("state") { all.valuesBytes = bytes }
                if name.equals("registers") { all.registersBytes = bytes }
            }
            size = all
        }
        guard let size else { throw BenchmarkError("a PutItem without an item") }
        self = size
    }

    private init() {}

    private static func bytes(of typed: JSONValue) -> Int {
        for (type, value) in typed.members {
            switch type.text {
            case "S": return textCount(value)
            case "N": return (value.rawString.count + 1) / 2 + 1
            case "B": return decodedCount(value.rawString)
            case "M": return value.members.reduce(3) { $0 + 1 + $1.name.count + bytes(of: $1.value) }
            case "L": return value.elements.reduce(3) { $0 + 1 + bytes(of: $1) }
            default: return 1
            }
        }
        return 0
    }

    private static func textCount(_ text: JSONValue) -> Int {
        guard text.hasEscapes else { return text.rawString.count }
        var unescaped = ByteBuffer(capacity: text.rawString.count)
        text.appendUnescaped(to: &unescaped)
        return unescaped.count
    }

    /// Of Base64 with its padding.
    private static func decodedCount(_ text: ByteView) -> Int {
        var count = text.count / 4 * 3
        for place in Swift.max(text.count - 2, 0)..<text.count where text[place] == UInt8(ascii: "=") { count -= 1 }
        return count
    }
}
