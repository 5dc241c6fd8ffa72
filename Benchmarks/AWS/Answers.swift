import JSON
import Platform
import Simulation

/// GetRecords answers of generated events, for the stub: one a line, without what follows the records.
struct Answers {
    /// Bytes of JSON at which an answer ends.
    let bytesMax: Int

    /// Of so many events; prints how many answers and bytes they come to.
    func write(events: Int, to path: String) throws {
        let output = try OutputLines(path)
        var traffic = TrafficModel(TrafficOptions(events: events))
        var line: [UInt8] = []
        var json = ByteBuffer(capacity: bytesMax + (64 << 10))
        var (number, inAnswer, answers, bytes) = (0, 0, 0, 0)
        while let arrival = traffic.next(into: &line) {
            json.append(inAnswer == 0 ? "{\"Records\":[" : ",")
            number += 1
            inAnswer += 1
            Answers.append(line, number, arrival, to: &json)
            bytes += line.count
            line.removeAll(keepingCapacity: true)
            // The service's own bound of records in an answer.
            if json.count >= bytesMax || inAnswer == 10_000 || number == events {
                json.append("]")
                try output.write(json.bytes)
                answers += 1
                inAnswer = 0
                json.removeAll()
            }
        }
        let told = jsonLine { json in
            json.member("events", number)
            json.member("answers", answers)
            json.member("bytes", bytes)
        }
        print(told, terminator: "")
    }

    private static func append(_ event: [UInt8], _ number: Int, _ arrival: Int64, to json: inout ByteBuffer) {
        json.append("{\"SequenceNumber\":\"4966")
        // 56 digits in all, as the service's are.
        json.append("\(10_000_000_000_000_000 + number)" + String(repeating: "0", count: 35))
        json.append("\",\"ApproximateArrivalTimestamp\":")
        json.appendDecimal(arrival / 1000)
        json.append(".\(arrival % 1000 + 1000)".replacingFirstDigit())
        json.append(",\"Data\":\"")
        event.withUnsafeBytes { json.appendBase64($0) }
        json.append("\",\"PartitionKey\":\"\(number % 1000)\"}")
    }
}

extension String {
    /// `.1042` becomes `.042`.
    fileprivate func replacingFirstDigit() -> String { "." + dropFirst(2) }
}
