import JSON
import Measuring
import Platform

/// Bytes of an item as DynamoDB counts them for capacity:
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html.
struct ItemSize {
    var bytes = 0
    /// Of those, what the readable part takes: `values` or `state`.
    var valuesBytes = 0

    /// Units of a write that is not replicated.
    var units: Int { (bytes + 1023) / 1024 }
    var unitsWithoutValues: Int { (bytes - valuesBytes + 1023) / 1024 }

    /// Of the parameters of a PutItem.
    init(put: [UInt8], _ parser: JSONParser) throws {
        let padded = put + [UInt8](repeating: 0, count: 64)
        var size: (bytes: Int, values: Int)?
        try padded.withUnsafeBytes { text in
            guard let item = try parser.parse(ByteView(rebasing: text[..<put.count])).root.member("Item") else { return }
            var all = (bytes: 0, values: 0)
            for (name, value) in item.members {
                let bytes = name.count + ItemSize.bytes(of: value)
                all.bytes += bytes
                if name.equals("values") || name.equals("state") { all.values = bytes }
            }
            size = all
        }
        guard let size else { throw BenchmarkError("a PutItem without an item") }
        (bytes, valuesBytes) = size
    }

    private static func bytes(of typed: JSONValue) -> Int {
        for (type, value) in typed.members {
            switch type.text {
            case "S": return value.rawString.count
            case "N": return (value.rawString.count + 1) / 2 + 1
            case "B":
                let text = value.rawString
                return text.count / 4 * 3 - text.suffix(2).count { $0 == UInt8(ascii: "=") }
            case "M": return value.members.reduce(3) { $0 + 1 + $1.name.count + bytes(of: $1.value) }
            case "L": return value.elements.reduce(3) { $0 + 1 + bytes(of: $1) }
            default: return 1
            }
        }
        return 0
    }
}
