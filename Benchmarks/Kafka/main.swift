import Measuring

import Glibc

// The worker on Kafka beside a consumer that only counts. `Benchmarks/kafka.sh` calls it.
// usage: bench-kafka drain CONVERGE COUNT EVENTS-FILE EVENTS SCRATCH-DIRECTORY ROUNDS [NAME=VALUE ..]
//        bench-kafka lag EVENTS-FILE SCRATCH-DIRECTORY ROUNDS RATE SECONDS [NAME=VALUE ..]
// NAME=VALUE: options of librdkafka; and the worker's flush-interval in milliseconds. What these start by themselves: serve, pace, floor, follow.

let arguments = CommandLine.arguments
func number(_ place: Int) throws -> Int {
    guard arguments.count > place, let value = Int(arguments[place]), value > 0 else {
        throw BenchmarkError("argument \(place) is no number")
    }
    return value
}
func pairs(from place: Int) -> [(name: String, value: String)] {
    arguments.dropFirst(place).compactMap { text in
        text.firstIndex(of: "=").map { (String(text[..<$0]), String(text[text.index(after: $0)...])) }
    }
}
do {
    switch arguments.count > 5 ? arguments[1] : "" {
    case "drain":
        try DrainReport(
            program: arguments[0], converge: arguments[2], count: arguments[3], file: arguments[4],
            events: try number(5),
            scratch: arguments[6], rounds: try number(7), options: Array(arguments.dropFirst(8))
        ).run()
    case "lag":
        try LagReport(
            program: arguments[0], file: arguments[2], scratch: arguments[3], rounds: try number(4),
            rate: try number(5), seconds: try number(6), options: Array(arguments.dropFirst(7))
        ).run()
    case "serve":
        try MockBroker.serve(
            arguments[2], partitions: try number(3), events: Int(arguments[4]) ?? 0, of: try EventFile(arguments[5]))
    case "pace":
        try Pace.run(
            broker: arguments[2], topic: arguments[3], try Schedule(arguments[4]),
            file: try EventFile(arguments[5], isReady: true))
    case "floor":
        try Floor.run(broker: arguments[2], topic: arguments[3], try Schedule(arguments[4]), options: pairs(from: 6))
    case "follow":
        try Follower.run(
            broker: arguments[2], topic: arguments[3], try Schedule(arguments[4]), state: arguments[5],
            options: Array(arguments.dropFirst(6)))
    default:
        print("usage: bench-kafka drain CONVERGE COUNT EVENTS-FILE EVENTS SCRATCH-DIRECTORY ROUNDS [NAME=VALUE ..]")
        print("       bench-kafka lag EVENTS-FILE SCRATCH-DIRECTORY ROUNDS RATE SECONDS [NAME=VALUE ..]")
        exit(2)
    }
} catch {
    fail("\(error)")
}
