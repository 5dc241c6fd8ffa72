import AWS
import FailoverCore
import Foundation
import HTTPClient
import Platform
import Servers
import TestSupport
import Testing

@testable import Failover

/// What happens between a controller and the table: every Region's endpoint is a link of its own to one strongly consistent table (`strong_table.py`).
@Suite("the control table in DynamoDB, when the way there is bad", .waiting(minutes: 10))
struct DynamoDBControlTableTests {
    private let regions: StrongRegions
    private let near = StrongRegions.names[0]

    init() throws { regions = try StrongRegions() }

    private func isUnheard(_ answer: FailoverAnswer) -> Bool { if case .unheard = answer { true } else { false } }

    private func refusal(_ answer: FailoverAnswer) -> String? { if case .refused(let why) = answer { why } else { nil } }

    @Test("a write whose answer is lost is made again in another Region, and known as its own")
    func lostAnswer() throws {
        let table = try regions.control(patience: StrongRegions.impatient)
        _ = try table.view()
        try regions.links.set(near, .mute)
        #expect(table.perform(.propose(intent(1, token: "mine"))) == .done)
        #expect(table.perform(.writeMark(mark(1, "m"), replacing: nil)) == .done)
        try regions.links.set(near, .up)
        let view = try regions.control().view()
        #expect(view.terms == [intent(1, token: "mine")])
        #expect(view.marks == [mark(1, "m")])
    }

    @Test("a lost answer of a write that came second is a conflict, not a success")
    func lostConflict() throws {
        let table = try regions.control(patience: StrongRegions.impatient)
        _ = try table.view()
        #expect(try regions.control([StrongRegions.names[1]]).perform(.propose(intent(1, token: "other"))) == .done)
        try regions.links.set(near, .mute)
        #expect(table.perform(.propose(intent(1, token: "mine"))) == .conflict)
        #expect(try regions.control([StrongRegions.names[1]]).view().newest?.token == "other")
    }

    @Test("a write that nobody answered is unheard; where it was done, its author reads it back")
    func unheard() throws {
        let table = try regions.control(patience: StrongRegions.impatient)
        _ = try table.view()
        try regions.links.set("*", .mute)
        #expect(isUnheard(table.perform(.propose(intent(1, token: "mine")))))
        #expect(isUnheard(table.perform(.read)))
        guard case .failure = table.history(of: nil, limit: 1) else {
            Issue.record("a history that nobody could read is no empty one")
            return
        }
        try regions.links.set("*", .up)
        try eventually("the term is read back") {
            guard case .control(let view) = table.perform(.read) else { return false }
            return view.newest?.token == "mine"
        }
        #expect(table.perform(.propose(intent(1, token: "mine"))) == .done)
    }

    @Test("an answer that cannot be read says nothing of a write")
    func garbled() throws {
        let (all, one) = (try regions.control(), try regions.control([near]))
        #expect(all.perform(.propose(intent(1))) == .done)
        try regions.table.refuse("UpdateItem", code: "garbled", times: 1)
        #expect(isUnheard(one.perform(.writeMark(mark(1, "m"), replacing: nil))))
        try regions.table.refuse("UpdateItem", code: "garbled", times: 1)
        #expect(all.perform(.writeMark(mark(1, "n"), replacing: mark(1, "m"))) == .done)
        #expect(try all.view().marks == [mark(1, "n")])
    }

    @Test("a request that comes late changes nothing that was written meanwhile")
    func late() throws {
        let table = try regions.control([near], patience: StrongRegions.impatient)
        _ = try table.view()
        try regions.links.set(near, .cut)
        #expect(isUnheard(table.perform(.propose(intent(1, token: "late")))))
        let other = try regions.control([StrongRegions.names[1]])
        #expect(other.perform(.propose(intent(1, token: "soon"))) == .done)
        let before = try regions.table.requests()["\(near) PutItem", default: 0]
        try regions.links.set(near, .up)
        try eventually("the late request came") { try regions.table.requests()["\(near) PutItem", default: 0] > before }
        #expect(try other.view().newest?.token == "soon")
    }

    @Test("where the own Region's endpoint is away, the next ones answer, and it is asked last for a while")
    func nextEndpoint() throws {
        let clock = HandClock()
        let table = try regions.control(clock: clock)
        #expect(try table.view() == ControlView())
        try regions.links.set(near, .refuse)
        #expect(table.perform(.propose(intent(1))) == .done)
        #expect(try table.view().terms == [intent(1)])
        try regions.links.set(StrongRegions.names[1], .refuse)
        #expect(table.perform(.propose(intent(2))) == .done)
        let accepted = try regions.links.accepted(near)
        try regions.links.set(near, .up)
        #expect(try table.view().newest == intent(2))
        #expect(try regions.links.accepted(near) == accepted)
        clock.advance(ControlEndpoints.awayMilliseconds)
        #expect(try table.view().newest == intent(2))
        #expect(try regions.links.accepted(near) > accepted)
        try regions.links.set("*", .refuse)
        #expect(isUnheard(table.perform(.propose(intent(3)))))
        try regions.links.set("*", .up)
        #expect(try table.view().newest == intent(2))
    }

    @Test("an item that another Region is writing at the moment is tried again, for as long as there is time")
    func replicatedWriteConflict() throws {
        let table = try regions.control(patience: StrongRegions.impatient)
        let code = "ReplicatedWriteConflictException"
        try regions.table.refuse("PutItem", code: code, times: 2)
        #expect(table.perform(.propose(intent(1))) == .done)
        try regions.table.refuse("UpdateItem", code: code, times: 1)
        #expect(table.perform(.writeMark(mark(1, "m"), replacing: nil)) == .done)
        try regions.table.refuse("PutItem", code: code, times: 1000)
        #expect(isUnheard(table.perform(.propose(intent(2)))))
        try regions.table.refuse("PutItem", code: code, times: 0)
        #expect(try table.view().terms == [intent(1)])
    }

    @Test("a throttle says nothing of a write; a missing permission in every Region is a refusal that names it")
    func refusals() throws {
        let table = try regions.control()
        _ = try table.view()
        try regions.table.refuse("PutItem", region: near, code: "ThrottlingException", times: 1000)
        #expect(table.perform(.propose(intent(1))) == .done)
        try regions.table.refuse("PutItem", code: "ThrottlingException", times: 1000)
        #expect(isUnheard(table.perform(.propose(intent(2)))))
        try regions.table.refuse("PutItem", region: near, code: "AccessDeniedException", times: 1000)
        #expect(table.perform(.propose(intent(3))) == .done)
        try regions.table.refuse("PutItem", code: "AccessDeniedException", times: 1000)
        let why = try #require(refusal(table.perform(.propose(intent(4)))))
        #expect(why.contains("allow dynamodb:PutItem") && why.contains("converge-control"), "\(why)")
    }

    @Test("an intent of more groups than an item holds is refused, and long evidence is cut")
    func bounds() throws {
        let table = try regions.control()
        let groups = (0..<400).map { GroupShares(group: "\($0)" + String(repeating: "x", count: 200), shares: shares(100)) }
        let why = try #require(refusal(table.perform(.propose(intent(1, groups: groups)))))
        #expect(why.contains("name fewer groups"))
        let evidence = (0..<50).map { "\($0) " + String(repeating: "é", count: 600) }
        #expect(table.perform(.propose(intent(1, groups: Array(groups.prefix(100)), evidence: evidence))) == .done)
        let kept = try #require(try table.view().newest?.evidence)
        #expect(kept.count == Intent.evidenceMax && kept.last == "and 19 more")
        #expect(kept.dropLast().allSatisfy { $0.utf8.count <= 500 && $0.hasSuffix("é…") })
    }

    @Test(
        "an item that cannot be read stops the reader by name: nothing is left out of a view",
        arguments: [#"{"term":2,"cause":"newer"}"#, nil])
    func unreadable(value: String?) throws {
        let table = try regions.control()
        #expect(table.perform(.propose(intent(1))) == .done)
        let client = try regions.client(near)
        let name = "0000000000000000002"
        _ = try client.perform(
            DynamoDB.PutItem(StrongRegions.table) { json in
                json.attribute("pk", "instance#terms")
                json.attribute("sk", name)
                if let value { json.attribute("json", value) }
            })
        let why = try #require(refusal(table.perform(.read)))
        #expect(why.contains(name) && why.contains("newest version"), "\(why)")
    }

    @Test("deployments in one table do not see each other")
    func deployments() throws {
        let (one, other) = (try regions.control(deployment: "one"), try regions.control(deployment: "other"))
        #expect(one.perform(.propose(intent(1, token: "one"))) == .done)
        #expect(other.perform(.propose(intent(1, token: "other"))) == .done)
        #expect(try one.view().newest?.token == "one")
        #expect(try other.view().newest?.token == "other")
    }

    // MARK: - Which table

    @Test("a Region that has only the witness is passed by")
    func witness() throws {
        let shape = try ControlTableShape(name: "with-witness", regions: ["us-west-2", "us-east-2"], witness: near)
        let clients = Dictionary(
            uniqueKeysWithValues: try shape.replicas.map { ($0, try regions.client($0, timeouts: HTTPTimeouts())) })
        try ControlTableSetup(shape, clients: clients, pause: { _ in }).carryOut { _ in }
        let table = try DynamoDBControlTable(
            "with-witness", deployment: "d", clients: try StrongRegions.names.map { try regions.client($0) })
        #expect(table.perform(.propose(intent(1))) == .done)
        #expect(try table.view().terms == [intent(1)])
    }

    @Test("a table that is not strongly consistent is refused by name, and is not written to")
    func ordinaryTables() throws {
        let emulator = regions.emulator
        let session = try AWSSession(Environment(emulator.environment()))
        let client = try session.client(.dynamoDB, region: "us-east-1")
        for (name, sort) in [("global", "sk"), ("single", "sk"), ("others", "id")] {
            try client.perform(DynamoDB.CreateTable(name, [.keys(partition: "pk", sort: sort), .onDemand]))
        }
        try client.perform(DynamoDB.UpdateTable("global", .addReplica(region: "us-west-2")))
        for (name, reason) in [
            ("global", "two writers in two Regions can both succeed"), ("single", "a table of one Region"),
            ("others", "belongs to another program"), ("missing", "on table missing"),
        ] {
            let table = try DynamoDBControlTable(
                name, deployment: "d", clients: [try DynamoDBControlTable.client(region: "us-east-1", session: session)])
            for step in [ControlStep.read, .propose(intent(1))] {
                let why = try #require(refusal(table.perform(step)), "\(name)")
                #expect(why.contains(reason) && why.contains(name), "\(why)")
            }
            guard name != "missing" else { continue }
            #expect(try client.perform(DynamoDB.Scan(name)).rows { $0.text("pk") }.isEmpty)
        }
        // An emulator knows no strong consistency; whoever accepts that is told so wherever the table shows.
        let table = try DynamoDBControlTable(
            "single", deployment: "d", clients: [try DynamoDBControlTable.client(region: "us-east-1", session: session)],
            verifiesConsistency: false)
        #expect(table.perform(.propose(intent(1))) == .done)
        #expect(table.caveat?.contains("not verified") == true)
    }

    @Test("consistency is left unverified only where the endpoints are on this machine")
    func unverified() throws {
        for (url, isAccepted) in [
            ("http://127.0.0.1:1", true), ("http://localhost:1", true), ("http://[::1]:1", true),
            ("https://dynamodb.us-east-1.amazonaws.com", false), ("http://127.0.0.1.example.com", false),
            ("http://10.0.0.1:8000", false),
        ] {
            let client = ServiceClient(
                .dynamoDB, region: "us-east-1", endpoint: try #require(HTTPURL(url)), http: regions.http, credentials: nil)
            let make = {
                try DynamoDBControlTable("t", deployment: "d", clients: [client], verifiesConsistency: false)
            }
            if isAccepted {
                #expect(try make().caveat != nil)
            } else {
                #expect(throws: ControlTableError.self, "\(url)") { try make() }
            }
        }
    }
}
