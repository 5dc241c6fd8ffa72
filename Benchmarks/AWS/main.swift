import Glibc
import Measuring
import Platform
import Storage

// The parts of the benchmarks of Kinesis and DynamoDB that are Swift; `Benchmarks/aws.sh` starts them.
// usage: bench-aws amplification EVENTS EVENTS-A-SECOND          rows and write units an event, under a made-up clock
//        bench-aws units EVENTS EVENTS-A-SECOND                  the same for each way to write a row, with each dictionary
//        bench-aws events FILE EVENTS EVENTS-A-SECOND            those events with the times at which they arrive
//        bench-aws puts FILE PREFIX EVENTS EVERY all|latest      PutItems of rows: every so manieth, as written or each entity's last
//        bench-aws write FILE PREFIX FLUSH-ROWS                  the store under test; where, says AWS_ENDPOINT_URL_DYNAMODB
//        bench-aws dictionary                                    the dictionary that ships: its id and its bytes in Base64
//        bench-aws answers FILE EVENTS BYTES                     GetRecords answers for the stub

let arguments = CommandLine.arguments
func number(_ place: Int) throws -> Int {
    guard arguments.count > place, let value = Int(arguments[place]), value > 0 else {
        throw BenchmarkError("argument \(place) is no number")
    }
    return value
}
do {
    switch (arguments.count > 1 ? arguments[1] : "", arguments.count) {
    case ("amplification", 4): try Amplification.run(events: try number(2), eventsPerSecond: try number(3))
    case ("units", 4): try Units(events: try number(2), eventsPerSecond: try number(3)).run()
    case ("events", 5):
        try PacedEvents.write(
            PacedWorker(events: try number(3), eventsPerSecond: try number(4), flushInterval: 0), to: arguments[2])
    case ("dictionary", 2):
        var text = ByteBuffer(capacity: 64 << 10)
        RowDictionary.standard.bytes.withUnsafeBytes { text.appendBase64($0) }
        print(RowDictionary.standard.id, text.bytes.text)
    case ("puts", 7):
        try Puts.write(
            Puts.Choice(rawValue: arguments[6]) ?? .all, every: try number(5), of: try number(4), prefix: arguments[3],
            to: arguments[2])
    case ("write", 5): try WriteRun.run(arguments[2], prefix: arguments[3], flushRows: try number(4))
    case ("answers", 5): try Answers(bytesMax: try number(4)).write(events: try number(3), to: arguments[2])
    default: throw BenchmarkError("usage: bench-aws amplification|units|events|puts|write|answers ..")
    }
} catch {
    _ = "bench-aws: \(error)\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(1)
}
