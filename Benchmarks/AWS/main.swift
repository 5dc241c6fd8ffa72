import Glibc
import Measuring

// The parts of the benchmarks of Kinesis and DynamoDB that are Swift; `Benchmarks/aws.sh` starts them.
// usage: bench-aws amplification EVENTS EVENTS-A-SECOND          rows and write units an event, under a made-up clock
//        bench-aws puts FILE PREFIX EVENTS EVERY all|latest      PutItems of rows: every so manieth, as written or each entity's last
//        bench-aws write FILE PREFIX FLUSH-ROWS                  the store under test; where, says AWS_ENDPOINT_URL_DYNAMODB
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
    case ("puts", 7):
        try Puts.write(
            Puts.Choice(rawValue: arguments[6]) ?? .all, every: try number(5), of: try number(4), prefix: arguments[3],
            to: arguments[2])
    case ("write", 5): try WriteRun.run(arguments[2], prefix: arguments[3], flushRows: try number(4))
    case ("answers", 5): try Answers(bytesMax: try number(4)).write(events: try number(3), to: arguments[2])
    default: throw BenchmarkError("usage: bench-aws amplification|puts|write|answers ..")
    }
} catch {
    _ = "bench-aws: \(error)\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(1)
}
