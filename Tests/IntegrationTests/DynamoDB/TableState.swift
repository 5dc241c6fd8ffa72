import Foundation
import Servers
import Testing

/// A state in global tables of two Regions, written by the program itself: a worker in each Region, each with a part of the events.
/// Made once; nobody changes it (`@unchecked Sendable`).
final class TableState: @unchecked Sendable {
    /// Each has any half of the events, and writes every register with its stamp.
    static let shared = Result { try TableState(["--store-readable", "stamps"]) { $0.part($1, of: 2) } }
    /// Each has the events of its Region.
    static let regional = Result {
        try TableState([]) { events, number in
            events.filter { $0.contains(":us-west-2:") || $0.contains("\"region\":\"us-west-2\"") ? number == 1 : number == 0 }
        }
    }
    static let regions = ["us-east-1", "us-west-2"]

    let emulator: Emulator
    let scratch: Scratch
    /// The same events, replayed: the digest, and the state's lines.
    let digest: String
    let lines: [String]

    private init(_ flags: [String], _ part: ([String], Int) -> [String]) throws {
        emulator = try Emulator()
        scratch = try Scratch()
        let events = try Captures.small.get()
        try scratch.write("a.jsonl", events.jsonLines)
        digest = try #require(try scratch.converge("replay", "a.jsonl", "--memory", "--output", "state.jsonl").digest)
        lines = try scratch.lines("state.jsonl")
        let home = emulator.environment()
        let tables = ["tables", "create", "--replicas", "--regions", TableState.regions.joined(separator: ",")]
        #expect(try Program(tables, in: scratch, environment: home).wait().code == 0)
        let broker = try Broker()
        for (number, region) in TableState.regions.enumerated() {
            try broker.create(region, partitions: 2)
            try broker.produce(part(events, number), to: region, partitions: 2)
        }
        let workers = try TableState.regions.map { region in
            let flags = broker.flags(topics: region, state: nil, group: region) + flags
            return try Program(
                ["run", "--until-end", "--log-path", "\(region).log", "--store-kind", "dynamodb"] + flags, in: scratch,
                environment: emulator.environment(region: region))
        }
        for worker in workers {
            let ended = try worker.wait()
            try #require(ended.code == 0, "\(ended.errors)")
        }
    }

    func converge(_ region: String = "us-east-1", _ arguments: String...) throws -> Ended {
        try Program(arguments, in: scratch, environment: emulator.environment(region: region)).wait()
    }

    /// The lines of a kind, parsed.
    func entities(_ kind: String) throws -> [(line: String, object: [String: Any])] {
        try lines.compactMap { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object.flatMap { $0["kind"] as? String == kind ? (line, $0) : nil }
        }
    }
}
