import ContactCenter
import Foundation
import TestSupport
import Testing

@testable import Simulation

@Suite("the form of generated events", .limited)
struct TrafficShapeTests {
    private func isUUID(_ value: Any?) -> Bool { (value as? String).flatMap(UUID.init(uuidString:)) != nil }

    @Test("agent events have well-formed ARNs, ids and every member")
    func agents() throws {
        let members: Set<String> = [
            "AWSAccountId", "AgentARN", "CurrentAgentSnapshot", "EventId", "EventTimestamp", "EventType", "InstanceARN",
            "PreviousAgentSnapshot", "Version",
        ]
        for arrival in try TrafficSample.all(.agent) {
            #expect(Set(arrival.object.keys) == members)
            #expect(isUUID(arrival.object["EventId"]))
            #expect(isUUID(arrival.agent))
            let arn = arrival.text("AgentARN")
            #expect(arn.hasPrefix(arrival.text("InstanceARN") + "/agent/"))
            #expect(arn.hasPrefix("arn:aws:connect:us-"))
            #expect(arrival.text("EventTimestamp").count == 24)
        }
    }

    @Test("a snapshot has a status, a configuration with several queues, and contacts")
    func snapshots() throws {
        var queues = 0
        var count = 0
        for arrival in try TrafficSample.all(.agent) {
            guard let snapshot = arrival.snapshot("CurrentAgentSnapshot") else { continue }
            let status = try #require(snapshot["AgentStatus"] as? [String: Any])
            #expect(Set(status.keys) == ["ARN", "Name", "StartTimestamp", "Type"])
            let configuration = try #require(snapshot["Configuration"] as? [String: Any])
            let profile = try #require(configuration["RoutingProfile"] as? [String: Any])
            queues += try #require(profile["InboundQueues"] as? [[String: Any]]).count
            count += 1
            #expect(snapshot["Contacts"] is [[String: Any]])
        }
        #expect(count > 0 && Double(queues) / Double(count) > 1.5)
    }

    @Test("keys of agent events and records are compact and in ASCII order", arguments: [TrafficKind.agent, .record])
    func keyOrder(kind: TrafficKind) throws {
        for arrival in try TrafficSample.all(kind).prefix(2_000) {
            let keys = arrival.object.keys.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
            var rest = arrival.line[...]
            for key in keys {
                let place = try #require(rest.range(of: "\"\(key)\":"), "\(key) comes too early")
                rest = rest[place.upperBound...]
            }
            #expect(!arrival.line.contains("\": "))
        }
    }

    @Test("contact events are EventBridge envelopes with whole seconds, one in a hundred in PascalCase")
    func contactEvents() throws {
        let arrivals = try TrafficSample.all(.contact)
        var pascal = 0
        var types: Set<String> = []
        for arrival in arrivals {
            #expect(arrival.text("source") == "aws.connect")
            #expect(isUUID(arrival.object["id"]))
            #expect(arrival.text("time").count == 20)
            #expect((arrival.object["resources"] as? [String])?.count == 2)
            types.insert(try #require(arrival.detail["eventType"] as? String))
            #expect(isUUID(arrival.detail["contactId"]))
            if arrival.line.contains("\"EventType\"") { pascal += 1 }
        }
        let share = Double(pascal) / Double(arrivals.count)
        #expect(share > 0.004 && share < 0.02)
        let lifecycle = ["INITIATED", "CONNECTED_TO_SYSTEM", "QUEUED", "CONNECTED_TO_AGENT", "DISCONNECTED", "COMPLETED"]
        #expect(types == Set(lifecycle + ["CONTACT_DATA_UPDATED"]))
        #expect(arrivals.contains { $0.line.contains("1970-01-01T00:00:00.001Z") })
    }

    @Test("records have a customer and a time in whole seconds; some have no Recordings")
    func records() throws {
        let arrivals = try TrafficSample.all(.record)
        var customers: [String: Set<String>] = [:]
        for arrival in arrivals {
            #expect(arrival.text("LastUpdateTimestamp").count == 20)
            let attributes = try #require(arrival.object["Attributes"] as? [String: String])
            let customer = try #require(attributes["customerId"])
            customers[customer, default: []].insert(arrival.text("ContactId"))
        }
        let without = arrivals.count { $0.object["Recordings"] is NSNull }
        #expect(without > 0 && without < arrivals.count)
        #expect(customers.values.contains { $0.count > 1 }, "some customer calls more than once")
    }

    @Test("an attribute may contain JSON text")
    func escapedAttributes() throws {
        let contexts = try TrafficSample.all(.record).compactMap { ($0.object["Attributes"] as? [String: String])?["context"] }
        #expect(!contexts.isEmpty)
        for context in contexts { _ = try JSONSerialization.jsonObject(with: Data(context.utf8)) }
    }

    @Test("flow logs have positions and set attributes")
    func flows() throws {
        let logs = try TrafficSample.all(.flow).filter { $0.object["ContactFlowId"] != nil }
        let sets = logs.filter { $0.text("ContactFlowModuleType") == "SetAttributes" }
        #expect(!sets.isEmpty && sets.count < logs.count)
        for entry in sets {
            let parameters = try #require(entry.object["Parameters"] as? [String: String])
            #expect(Set(parameters.keys) == ["Key", "Value"])
        }
    }

    @Test("CloudEvents have the attributes of version 1.0, and sometimes nulls")
    func cloudEvents() throws {
        let events = try TrafficSample.all().filter { $0.object["specversion"] != nil }
        for event in events {
            #expect(event.text("specversion") == "1.0")
            #expect(isUUID(event.object["id"]))
            for key in ["source", "type", "subject", "time", "region"] { #expect(!event.text(key).isEmpty) }
            #expect(event.object["data"] is [String: Any])
        }
        let types = Set(events.map { $0.text("type") })
        #expect(types == Set(["session", "customer", "authentication", "flow", "queue"].map { "converge.\($0).v1" }))
        #expect(events.contains { ($0.object["data"] as? [String: Any])?.values.contains { $0 is NSNull } ?? false })
    }

    @Test("some strings contain characters outside ASCII")
    func unicode() throws {
        for kind in [TrafficKind.agent, .contact, .record] {
            #expect(try TrafficSample.all(kind).contains { !$0.line.utf8.allSatisfy { $0 < 128 } })
        }
    }
}
