import ContactCenter
import Platform

/// What rows take with one dictionary and would take with another. Pure.
package struct DictionaryGain: Sendable {
    /// DynamoDB takes a write unit for each so many bytes of an item that are begun.
    package static let unitBytes = 1024

    /// Of the rows of a kind.
    package struct Kind: Equatable, Sendable {
        package var rows = 0
        package var bytesNow = 0
        package var bytesThen = 0
        package var unitsNow = 0
        package var unitsThen = 0
        /// Rows of more than a unit now, and those of them that would take one.
        package var overNow = 0
        package var broughtUnder = 0

        fileprivate mutating func add(_ now: Int, _ then: Int) {
            rows += 1
            bytesNow += now
            bytesThen += then
            unitsNow += DictionaryGain.units(now)
            unitsThen += DictionaryGain.units(then)
            if now > unitBytes {
                overNow += 1
                if then <= unitBytes { broughtUnder += 1 }
            }
        }
    }

    package private(set) var kinds: [EntityKind: Kind] = [:]

    /// `present`: what is written with; nil: rows stay as they stand. `candidate`: what would be.
    package init(_ rows: [SampledRows.Row], present: RowDictionary?, candidate: RowDictionary) {
        let (now, then) = (present.map { RegistersCoding($0) }, RegistersCoding(candidate))
        var memory = ByteBuffer(capacity: 64 << 10)
        for row in rows {
            let other = row.itemBytes - row.registersBytes
            func bytes(_ coding: RegistersCoding) -> Int {
                memory.removeAll()
                row.key.withUnsafeBytes { key in row.entity.withUnsafeBytes { coding.append($0, key: key, to: &memory) } }
                return other + memory.count
            }
            kinds[row.kind, default: Kind()].add(now.map(bytes) ?? row.itemBytes, bytes(then))
        }
    }

    static func units(_ bytes: Int) -> Int { (bytes + unitBytes - 1) / unitBytes }

    /// Of all kinds.
    package var whole: Kind {
        kinds.values.reduce(into: Kind()) { whole, kind in
            whole.rows += kind.rows
            whole.bytesNow += kind.bytesNow
            whole.bytesThen += kind.bytesThen
            whole.unitsNow += kind.unitsNow
            whole.unitsThen += kind.unitsThen
            whole.overNow += kind.overNow
            whole.broughtUnder += kind.broughtUnder
        }
    }

    /// What the bill would be, at these write units a second by kind. `replicas`: in how many Regions each is paid. A kind of which there is no row
    /// here stays as it is.
    package func bill(_ unitsPerSecond: [String: Double], replicas: Int) -> WriteBill {
        var bill = WriteBill()
        for (name, rate) in unitsPerSecond {
            let units = rate * WriteBill.monthSeconds * Double(replicas)
            bill.unitsNow += units
            guard let kind = EntityKind(name: name).flatMap({ kinds[$0] }), kind.unitsNow > 0 else {
                bill.unitsThen += units
                continue
            }
            bill.unitsThen += units * Double(kind.unitsThen) / Double(kind.unitsNow)
        }
        return bill
    }
}

/// Write units and dollars of a month.
package struct WriteBill: Equatable, Sendable {
    /// 730 hours, as AWS's price calculator has it.
    package static let monthSeconds = 730.0 * 3600
    /// On demand, in us-east-1, replicated or not (https://aws.amazon.com/dynamodb/pricing/on-demand/).
    package static let dollarsPerMillion = 0.625

    package var unitsNow = 0.0
    package var unitsThen = 0.0

    package var dollarsNow: Double { unitsNow * WriteBill.dollarsPerMillion / 1e6 }
    package var dollarsThen: Double { unitsThen * WriteBill.dollarsPerMillion / 1e6 }
}
