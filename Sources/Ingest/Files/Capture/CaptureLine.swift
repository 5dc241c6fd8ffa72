import EngineCore
import JSON
import Platform

extension ByteBuffer {
    /// A record in the capture form, keys sorted, with its line break:
    ///
    ///     {"arrival":"2026-03-02T14:30:00.000Z","capture":1,"data":"eyJhIg==","partition":"0","position":"12","source":"kafka",
    ///      "stream":"agents"}
    ///
    /// `why`: of a dead letter; beside the others then stand `detail` and `reason`.
    mutating func appendCapture(
        _ bytes: ByteView, of partition: Partition, position: String, arrival: Timestamp?,
        why: (reason: String, detail: String)? = nil
    ) {
        append("{\"arrival\":")
        if let arrival {
            append(UInt8(ascii: "\""))
            arrival.append(to: &self)
            append(UInt8(ascii: "\""))
        } else {
            append("null")
        }
        append(",\"capture\":1,\"data\":\"")
        appendBase64(bytes)
        append(UInt8(ascii: "\""))
        if let why {
            append(",\"detail\":")
            appendJSONString(why.detail)
        }
        append(",\"partition\":")
        appendJSONString(partition.name)
        append(",\"position\":")
        appendJSONString(position)
        if let why {
            append(",\"reason\":")
            appendJSONString(why.reason)
        }
        append(",\"source\":")
        appendJSONString(partition.source)
        append(",\"stream\":")
        appendJSONString(partition.stream)
        append("}\n")
    }
}
