import EngineCore
import JSON
import Platform

extension JSONWriter {
    /// A record in the capture form, keys sorted, with its line break:
    ///
    ///     {"arrival":"2026-03-02T14:30:00.000Z","capture":1,"data":"eyJhIg==","partition":"0","position":"12","source":"kafka",
    ///      "stream":"agents"}
    ///
    /// `why`: of a dead letter; beside the others then stand `detail` and `reason`.
    mutating func captureLine(
        _ bytes: ByteView, of partition: Partition, position: String, arrival: Timestamp?,
        why: (reason: String, detail: String)? = nil
    ) {
        object { json in
            json.member("arrival", arrival.map { "\($0)" })
            json.member("capture", 1)
            json.key("data")
            json.blob(bytes)
            if let why { json.member("detail", why.detail) }
            json.member("partition", partition.name)
            json.member("position", position)
            if let why { json.member("reason", why.reason) }
            json.member("source", partition.source)
            json.member("stream", partition.stream)
        }
        endLine()
    }
}
