import ContactCenter
import Foundation
import TestSupport
import Testing

@testable import Simulation

@Suite("the course of generated traffic", .limited)
struct TrafficStoryTests {
    /// Agent events by agent and Region, repeated ones left out, in the order of their own time.
    private func sessions() throws -> [String: [TrafficArrival]] {
        var seen: Set<String> = []
        let once = try TrafficSample.all(.agent).filter { seen.insert($0.text("EventId")).inserted }
        return Dictionary(grouping: once) { $0.agent + "@" + $0.region }
            .mapValues { $0.sorted { ($0.text("EventTimestamp"), $0.time) < ($1.text("EventTimestamp"), $1.time) } }
    }

    @Test("LOGIN has no snapshots, and the first STATE_CHANGE after it has no previous snapshot")
    func logins() throws {
        var first = 0
        for arrival in try TrafficSample.all(.agent) {
            let current = arrival.snapshot("CurrentAgentSnapshot")
            let previous = arrival.snapshot("PreviousAgentSnapshot")
            if arrival.text("EventType") == "LOGIN" {
                #expect(current == nil && previous == nil)
            } else {
                #expect(current != nil)
                if previous == nil { first += 1 }
            }
        }
        #expect(first > 0)
    }

    @Test("a session begins with LOGIN")
    func beginnings() throws {
        let beginnings = try sessions().values.compactMap { $0.first?.text("EventType") }
        #expect(beginnings.count { $0 == "LOGIN" } * 100 >= beginnings.count * 95)
    }

    @Test("the previous snapshot is the current one of the previous event")
    func continuity() throws {
        // Stamps in whole seconds say nothing of the order within a second.
        var checked = 0
        for events in try sessions().values where Set(events.map { $0.text("EventTimestamp") }).count == events.count {
            guard !events.allSatisfy({ $0.text("EventTimestamp").dropFirst(20).hasPrefix("0") }) else { continue }
            for (before, after) in zip(events, events.dropFirst()) {
                guard before.text("EventType") != "LOGIN", after.text("EventType") != "LOGIN",
                    after.snapshot("PreviousAgentSnapshot") != nil
                else { continue }
                #expect(before.contacts("CurrentAgentSnapshot") == after.contacts("PreviousAgentSnapshot"))
                checked += 1
            }
        }
        #expect(checked > 1_000)
    }

    @Test("after-call work ends when the snapshot no longer contains the contact")
    func absence() throws {
        var ended: Set<String> = []
        var gone: Set<String> = []
        for arrival in try TrafficSample.all(.agent) {
            let left = arrival.contacts("PreviousAgentSnapshot").subtracting(arrival.contacts("CurrentAgentSnapshot"))
            gone.formUnion(left)
            let contacts = arrival.snapshot("CurrentAgentSnapshot")?["Contacts"] as? [[String: Any]] ?? []
            for contact in contacts where contact["State"] as? String == "ENDED" {
                if let id = contact["ContactId"] as? String { ended.insert(id) }
            }
        }
        #expect(ended.count > 100)
        #expect(ended.intersection(gone).count * 100 > ended.count * 90)
    }

    @Test("contacts ring, are connected, held, missed and ended; some agents have several")
    func contactStates() throws {
        let lists = try TrafficSample.all(.agent)
            .compactMap { $0.snapshot("CurrentAgentSnapshot")?["Contacts"] as? [[String: Any]] }
        let states = Set(lists.joined().compactMap { $0["State"] as? String })
        #expect(states == ["INCOMING", "CONNECTING", "CONNECTED", "CONNECTED_ONHOLD", "MISSED", "ENDED"])
        #expect(lists.contains { $0.count > 1 })
        #expect(lists.joined().contains { $0["InitialContactId"] is String }, "some contact is a transfer")
    }

    @Test("heartbeats are sent when nothing else happens, and continue after LOGOUT")
    func heartbeats() throws {
        var afterLogout = 0
        for events in try sessions().values {
            for (before, after) in zip(events, events.dropFirst()) where before.text("EventType") == "LOGOUT" {
                if after.text("EventType") == "HEART_BEAT" { afterLogout += 1 }
            }
        }
        #expect(afterLogout > 0)
    }

    @Test("halfway, agents of the first Region sign in to the second, and some return")
    func failover() throws {
        let arrivals = try TrafficSample.all(.agent)
        var moved: Set<String> = []
        var back: Set<String> = []
        var home: [String: String] = [:]
        for (place, arrival) in arrivals.enumerated() where arrival.text("EventType") == "LOGIN" {
            let first = home[arrival.agent] ?? arrival.region
            home[arrival.agent] = first
            guard first == "us-east-1" else { continue }
            if arrival.region == "us-west-2" {
                #expect(place > arrivals.count * 2 / 5)
                moved.insert(arrival.agent)
            } else if moved.contains(arrival.agent) {
                back.insert(arrival.agent)
            }
        }
        #expect(moved.count * 2 > home.values.count { $0 == "us-east-1" })
        #expect(!back.isEmpty && back.count < moved.count)
    }

    @Test("new contacts start in the second Region while the first is down")
    func contactsMove() throws {
        let begun = try TrafficSample.all(.contact).filter { $0.detail["eventType"] as? String == "INITIATED" }
        let span = begun.count
        let during = begun[(span * 60 / 100)..<(span * 70 / 100)]
        #expect(during.count { $0.text("region") == "us-west-2" } * 100 >= during.count * 90)
        let before = begun[..<(span * 40 / 100)]
        let west = Double(before.count { $0.text("region") == "us-west-2" }) / Double(before.count)
        #expect(abs(west - 0.5) < 0.12)
    }

    @Test("browser sessions move to the other Region")
    func sessionsMove() throws {
        let sessions = Dictionary(grouping: try TrafficSample.all(.session)) { $0.text("subject") }
        #expect(sessions.values.contains { Set($0.map { $0.text("region") }).count > 1 })
    }

    @Test("at the end records are sent again, days later, newer and changed")
    func lateRecords() throws {
        let arrivals = try TrafficSample.all()
        let last = try #require(arrivals.last)
        #expect(last.time - arrivals[0].time > 86_400_000)
        #expect(last.kind == .record)
        let copies = arrivals.filter { $0.kind == .record && $0.text("ContactId") == last.text("ContactId") }
        let attributes = copies.compactMap { $0.object["Attributes"] as? [String: String] }
        #expect(copies.allSatisfy { $0.text("LastUpdateTimestamp") <= last.text("LastUpdateTimestamp") })
        #expect(copies.count == 1 || Set(attributes).count > 1)
    }

    @Test("the number of agents is bounded", arguments: [1, 7, 300])
    func agents(most: Int) throws {
        let options = TrafficOptions(events: 3_000, agents: most, mix: try TrafficMix.parse("agent=1"))
        var agents: Set<Substring> = []
        for (_, bytes) in TrafficSample.lines(options) {
            let line = String(decoding: bytes, as: UTF8.self)
            let start = try #require(line.range(of: "/agent/")).upperBound
            agents.insert(line[start...].prefix(36))
        }
        #expect(agents.count == min(most, 60))
    }
}
