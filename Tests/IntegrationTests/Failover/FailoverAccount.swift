import Foundation
import Testing

/// A report of a term, as `failover explain TERM --format json` tells it. Times are seconds, of moments those since 1970.
struct FailoverAccount: CustomStringConvertible {
    struct Phase {
        let name: String
        /// `known`, `earlier` or `unknown`.
        let state: String
        /// For people.
        let took: String
    }

    let phases: [Phase]
    /// When the first contact landed.
    let landed: Double?
    /// When the newest fact of the lost Region happened that could be read, and when that was read.
    let fact: Double?
    let read: Double?
    /// From the last sign of life to the first contact, and what may be lost.
    let recovery: Double?
    let lost: Double?
    let agentsBefore: Int?
    let agentsBack: Int
    /// Contacts that started in the Region that was lost and in the other one, by minute: `12/0`.
    let minutes: [String]
    let description: String

    init(_ ended: Ended) throws {
        let json = try ended.json()
        description = "\(json)"
        func seconds(_ took: Any?) -> Double? {
            ((took as? [String: Any])?["milliseconds"] as? Double).map { $0 / 1_000 }
        }
        phases = (json["phases"] as? [[String: Any]] ?? []).map { phase in
            let took = phase["took"] as? [String: Any] ?? [:]
            let state = took["state"] as? String ?? ""
            let text =
                switch state {
                case "known": String(format: "%.2f s", seconds(took) ?? .nan)
                case "earlier": "done \(took["earlierMilliseconds"] ?? "") ms before the phase before it"
                default: "not known: \(took["why"] ?? "")"
                }
            return Phase(name: phase["name"] as? String ?? "", state: state, took: text)
        }
        recovery = seconds(json["recovery"])
        lost = seconds(json["lostAtMost"])
        let landing = json["landing"] as? [String: Any] ?? [:]
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        func time(_ name: String) -> Double? {
            (landing[name] as? String).flatMap { format.date(from: $0) ?? ISO8601DateFormatter().date(from: $0) }?
                .timeIntervalSince1970
        }
        (landed, fact, read) = (time("firstStart"), time("factBefore"), time("readAt"))
        minutes = (landing["minutes"] as? [[String: Any]] ?? []).map { "\($0["losing"] ?? "")/\($0["gaining"] ?? "")" }
        agentsBefore = landing["agentsBefore"] as? Int
        agentsBack = landing["agentsBack"] as? Int ?? 0
    }
}
