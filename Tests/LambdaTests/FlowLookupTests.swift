import ContactCenter
import Foundation
import TestSupport
import Testing

@testable import Lambda
@testable import Platform

@Suite("what a flow is answered", .limited)
struct FlowLookupTests {
    private let world: FlowWorld

    init() throws { world = try FlowWorld() }

    private func ask(
        _ parameters: [String: String] = [:], phone: String? = nil, channel: String = "VOICE", _ more: [String: String] = [:]
    ) throws -> FlowAnswer {
        try world.function(more).ask(FlowWorld.event(parameters, phone: phone, channel: channel)).answer
    }

    @Test(
        "the caller's number leads to the customer who is known by it, in any spelling",
        arguments: ["+442079460018", "020 7946 0018"])
    func number(phone: String) throws {
        let answer = try ask(phone: phone)
        #expect(answer["found"] == "true" && answer["reason"] == "" && answer["customerId"] == "cust-6001")
        #expect(answer["lastContactId"] == "c5000001-0000-4000-8000-000000000001" && answer["contactsInLastDay"] == "1")
        #expect(answer["lastContactAgeSeconds"] == "14399" && answer["lastContactChannel"] == "VOICE")
        // The number alone authenticates nobody.
        #expect(answer["authenticated"] == "false")
        #expect(
            world.reads[0].count == 1 && world.reads[0][0].hasPrefix("alias#phone/") && world.reads[1] == ["customer#cust-6001"]
        )
        #expect(world.reads.count <= FlowLookup.roundsMax)
    }

    @Test("the reads of a round are asked for together, and none of them twice")
    func rounds() throws {
        for phone in ["+442079460018", "+442079460020", "+12065550142"] { _ = try ask(phone: phone) }
        _ = try ask(["contactId": FlowWorld.brokenOff])
        _ = try ask(["customerId": "cust-6001"])
        for round in world.reads { #expect(Set(round).count == round.count) }
        #expect(world.reads.contains { $0.count > 1 })
    }

    @Test("a caller of whom no event named a customer is known by the contacts from there: the journey that broke off")
    func anonymous() throws {
        let answer = try ask(phone: "+442079460020")
        #expect(answer["found"] == "true" && answer["customerId"] == "")
        #expect(answer["brokenOff"] == "true" && answer["brokenOffContactId"] == FlowWorld.brokenOff)
        #expect(answer["brokenOffPosition"] == "ask-date" && answer["brokenOffFlow"] == "Orders")
        #expect(
            answer["variable_cart"] == "two \"red\" shoes" && answer["variable_size"] == "" && answer["language"] == "de-DE")
    }

    @Test("a contact leads to its customer, else to itself; a customer to itself; a parameter comes before the endpoint")
    func parameters() throws {
        #expect(
            try ask(["contactId": "c5000007-0000-4000-8000-000000000007"], phone: "+442079460018")["customerId"] == "cust-6002")
        let alone = try ask(["contactId": FlowWorld.brokenOff])
        #expect(
            alone["found"] == "true" && alone["brokenOffPosition"] == "ask-date"
                && alone["lastContactId"] == FlowWorld.brokenOff)
        #expect(try ask(["customerId": "cust-6002"], phone: "+442079460018")["customerId"] == "cust-6002")
        #expect(try ask(["email": "MAJA.novak@example.com"])["customerId"] == "cust-6001")
        #expect(try ask(["chat": "maja@chat.example"])["customerId"] == "cust-6001")
    }

    @Test(
        "who is not known, not named or withheld is not found, and why is said",
        arguments: [
            (["customerId": "nobody"], nil, FlowAnswer.Reason.notKnown), (["contactId": "nobody"], nil, .notKnown),
            ([:], "+442079469999", .notKnown), ([:], nil, .nobodyNamed), ([:], "anonymous", .noIdentity),
            (["customerId": String(repeating: "x", count: 3000)], nil, .notKnown),
        ] as [([String: String], String?, FlowAnswer.Reason)])
    func nothing(parameters: [String: String], phone: String?, reason: FlowAnswer.Reason) throws {
        let answer = try ask(parameters, phone: phone)
        #expect(answer["found"] == "false" && answer["reason"] == reason.rawValue)
    }

    @Test("without the deployment's key no number is looked up")
    func noKey() throws {
        var settings = try FlowWorld.settings()
        settings.aliases = nil
        let function = FlowFunction(settings, reading: world, writing: nil, .init(format: .lambda, sink: Lines()))
        #expect(try function.ask(FlowWorld.event(phone: "+442079460018")).answer["reason"] == "no-alias-key")
        #expect(world.reads.isEmpty)
    }

    @Test("an authentication carries over only for a customer who is known by more than a number")
    func authentication() throws {
        #expect(FlowRequest.example(["customerId": "c"]).identification == nil)
        #expect(FlowRequest.example(["customerId": "c", "identifiedBy": "stated"]).identification == .stated)
        #expect(FlowRequest.example([:]).identification == .callerNumber)
        #expect(FlowRequest.example(["identifiedBy": "guessed"]).identification == nil)
    }

    @Test("the agent of the last contact, a callback that goes on and an authentication are told as they stand now")
    func facts() throws {
        let event = try FlowWorld.event(["customerId": "cust-9", "identifiedBy": "stated"])
        let here = try world.function().ask(event).answer
        #expect(here["lastContactId"] == "call-9" && here["lastAgentId"] == "ann" && here["lastAgentPresence"] == "online")
        #expect(here["lastAgentOnlineHere"] == "true" && here["lastAgentRegion"] == "us-east-1")
        #expect(
            here["authenticated"] == "true" && here["authenticationAgeSeconds"] == "300"
                && here["authenticationStrength"] == "2")
        #expect(here["callback"] == "true" && here["callbackContactId"] == "callback-9" && here["callbackAgeSeconds"] == "1200")
        #expect(here["contactsInLastDay"] == "2" && here["brokenOff"] == "false")
        // Asked in the other Region.
        let there = try world.function(["AWS_REGION": "us-west-2"]).ask(event).answer
        #expect(there["lastAgentOnlineHere"] == "false" && there["lastAgentRegion"] == "us-east-1")
        // Nothing was heard of the agent for an hour, and the authentication is over.
        let later = Timestamp(milliseconds: FlowWorld.now.milliseconds + 3_600_000)
        let stale = try world.function(now: later).ask(event).answer
        #expect(
            stale["lastAgentPresence"] == "unknown" && stale["lastAgentOnlineHere"] == "false" && stale["lastAgentId"] == "ann")
        #expect(stale["authenticated"] == "false" && stale["authenticationObstacle"] == "expired")
        // A number that anybody can show.
        let shown = try world.function().ask(try FlowWorld.event(["customerId": "cust-9", "identifiedBy": "caller-number"]))
            .answer
        #expect(shown["authenticated"] == "false" && shown["authenticationObstacle"] == "caller-number-alone")
    }

    @Test("as JSON the answer has the same texts, and the whole context beside them")
    func json() throws {
        let answer = try ask(phone: "+442079460018", ["CONVERGE_LAMBDA_ANSWER": "json"])
        let root = try #require(try JSONSerialization.jsonObject(with: Data(answer.bytes(.json))) as? [String: Any])
        #expect(root["customerId"] as? String == "cust-6001")
        #expect((root["context"] as? [String: Any])?["contactsInLastDay"] as? Int == 1)
        let nothing = try ask(["customerId": "nobody"], ["CONVERGE_LAMBDA_ANSWER": "json"])
        let empty = try #require(try JSONSerialization.jsonObject(with: Data(nothing.bytes(.json))) as? [String: Any])
        #expect(Set(empty.keys) == Set(root.keys) && empty["context"] is NSNull)
    }
}

extension FlowRequest {
    static func example(_ parameters: [String: String]) -> FlowRequest {
        let event = (try? FlowWorld.event(parameters, phone: "+442079460018")) ?? []
        return event.withUnsafeBytes { bytes in
            guard let request = try? FlowRequest(bytes) else { preconditionFailure("no request") }
            return request
        }
    }
}
