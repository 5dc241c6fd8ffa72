import AWS
import JSON
import Lattice
import Platform

/// A row's registers as people and functions may read and join them: the attribute `values`, a map from path to stamp and value.
enum RowStamps {
    /// Appends the map, a typed value.
    static func append(_ entity: EntityView, to values: inout ByteBuffer) {
        values.beginMap()
        var isFirst = true
        for register in entity {
            if !isFirst { values.append(",") }
            isFirst = false
            values.appendJSONString(register.path)
            values.append(":")
            values.beginMap()
            append(register, to: &values)
            values.endMap()
        }
        values.endMap()
    }

    private static func append(_ register: RegisterView, to values: inout ByteBuffer) {
        if register.rule == .union {
            values.append("\"rule\":")
            values.append(plainText: "union")
            values.append(",\"capacity\":")
            values.append(number: Int64(register.members.capacity))
            values.append(",\"members\":")
            values.beginList()
            var isFirst = true
            for member in register.members {
                if !isFirst { values.append(",") }
                isFirst = false
                values.beginMap()
                append(member.stamp, to: &values)
                values.append(",\"value\":")
                AttributeValue.append(canonical: member.value, to: &values)
                values.endMap()
            }
            values.endList()
            return
        }
        append(register.stamp, to: &values)
        if let sketch = register.sketch {
            values.append(",\"rule\":")
            values.append(plainText: "sketch")
            values.append(",\"buckets\":")
            values.beginText()
            sketch.appendText(to: &values)
            values.endText()
            return
        }
        if register.rule != .lastWriterWins {
            values.append(",\"rule\":")
            values.append(plainText: register.rule == .max ? "max" : "min")
            values.append(",\"measure\":")
            values.append(number: register.measure)
        }
        if register.isTombstone {
            values.append(",\"tombstone\":")
            values.appendTrue()
        } else if !register.value.isEmpty {
            values.append(",\"value\":")
            AttributeValue.append(canonical: register.value, to: &values)
        }
    }

    /// Text that sorts as stamps do: time, rank in three digits, Region, event id.
    private static func append(_ stamp: Stamp, to values: inout ByteBuffer) {
        values.append("\"stamp\":")
        values.beginText()
        stamp.time.append(to: &values)
        values.append("#")
        if stamp.rank < 100 { values.append("0") }
        if stamp.rank < 10 { values.append("0") }
        values.appendDecimal(Int64(stamp.rank))
        values.append("#")
        values.appendJSONEscaped(stamp.region)
        values.append("#")
        if stamp.id.form == .text { values.appendJSONEscaped(stamp.id.bytes) } else { stamp.id.appendText(to: &values) }
        values.endText()
    }
}
