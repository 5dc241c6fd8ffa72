import Foundation

@testable import Simulation

/// One arrival of a run, parsed.
struct TrafficArrival {
    let time: Int64
    let line: String
    let object: [String: Any]
    let kind: TrafficKind

    /// The detail of a contact event, its member names in camelCase.
    var detail: [String: Any] {
        let detail = object["detail"] as? [String: Any] ?? [:]
        return Dictionary(detail.map { ($0.prefix(1).lowercased() + $0.dropFirst(), $1) }) { first, _ in first }
    }

    func text(_ key: String) -> String { object[key] as? String ?? "" }

    func snapshot(_ key: String) -> [String: Any]? { object[key] as? [String: Any] }

    /// Ids of the contacts of a snapshot.
    func contacts(_ key: String) -> Set<String> {
        let contacts = snapshot(key)?["Contacts"] as? [[String: Any]] ?? []
        return Set(contacts.compactMap { $0["ContactId"] as? String })
    }

    var region: String { String(text("AgentARN").split(separator: ":")[3]) }
    var agent: String { String(text("AgentARN").split(separator: "/").last ?? "") }
}

enum TrafficSample {
    struct NotAnEvent: Error { let line: String }

    /// A run of 20,000 events under default options, made once.
    nonisolated(unsafe) static let arrivals: Result<[TrafficArrival], any Error> = Result {
        try lines(TrafficOptions(events: 20_000)).map { time, bytes in
            let line = String(decoding: bytes, as: UTF8.self)
            let parsed = try JSONSerialization.jsonObject(with: Data(bytes))
            guard let object = parsed as? [String: Any], let kind = kind(of: object) else { throw NotAnEvent(line: line) }
            return TrafficArrival(time: time, line: line, object: object, kind: kind)
        }
    }

    /// The kind of an event, told by its shape.
    static func kind(of object: [String: Any]) -> TrafficKind? {
        if object["AgentARN"] != nil { return .agent }
        if object["detail-type"] != nil { return .contact }
        if object["LastUpdateTimestamp"] != nil { return .record }
        if object["ContactFlowId"] != nil { return .flow }
        switch object["type"] as? String {
        case "converge.session.v1": return .session
        case "converge.queue.v1": return .queue
        case "converge.customer.v1", "converge.authentication.v1": return .customer
        case "converge.flow.v1": return .flow
        default: return nil
        }
    }

    /// The lines of a run with the times of their arrival.
    static func lines(_ options: TrafficOptions) -> [(time: Int64, bytes: [UInt8])] {
        var traffic = TrafficModel(options)
        var result: [(time: Int64, bytes: [UInt8])] = []
        var line: [UInt8] = []
        while let time = traffic.next(into: &line) {
            result.append((time, line))
            line.removeAll(keepingCapacity: true)
        }
        return result
    }

    static func all() throws -> [TrafficArrival] { try arrivals.get() }
    static func all(_ kind: TrafficKind) throws -> [TrafficArrival] { try all().filter { $0.kind == kind } }
}
