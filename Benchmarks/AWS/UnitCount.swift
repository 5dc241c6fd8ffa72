import ContactCenter
import JSON

/// What rows come to, in all and by kind.
struct UnitCount {
    /// Rows of so many units at most are counted for 1, 2 and 3.
    private static let unitsCounted = 3

    private struct Kind {
        var rows = 0
        var units = 0
        var bytes = 0
        var registersBytes = 0
        var readableBytes = 0
        var rowsBelow = [Int](repeating: 0, count: UnitCount.unitsCounted)
    }

    private var kinds = [Kind](repeating: Kind(), count: EntityKind.allCases.count)
    /// Entities that take several rows, of which nothing else is counted.
    private var large = 0

    mutating func add(_ kind: EntityKind?, _ size: ItemSize?) {
        guard let size, let place = kind.flatMap(EntityKind.allCases.firstIndex(of:)) else {
            large += 1
            return
        }
        kinds[place].rows += 1
        kinds[place].units += size.units
        kinds[place].bytes += size.bytes
        kinds[place].registersBytes += size.registersBytes
        kinds[place].readableBytes += size.valuesBytes
        for most in 1...UnitCount.unitsCounted where size.units <= most { kinds[place].rowsBelow[most - 1] += 1 }
    }

    func append(to json: inout JSONWriter) {
        let rows = kinds.reduce(0) { $0 + $1.rows }
        json.member("large", large)
        json.member("rows", rows)
        json.member("units", kinds.reduce(0) { $0 + $1.units })
        json.member("itemBytes", number: "\(Double(kinds.reduce(0) { $0 + $1.bytes }) / Double(max(rows, 1)))")
        json.object("kinds") { json in
            for (name, kind) in zip(EntityKind.allCases, kinds) where kind.rows > 0 {
                json.key("\(name.name)" as String)
                json.object { json in
                    json.member("rows", kind.rows)
                    json.member("units", kind.units)
                    json.member("bytes", kind.bytes)
                    json.member("registersBytes", kind.registersBytes)
                    json.member("readableBytes", kind.readableBytes)
                    json.array("rowsBelow") { json in for count in kind.rowsBelow { json.integer(Int64(count)) } }
                }
            }
        }
    }
}
