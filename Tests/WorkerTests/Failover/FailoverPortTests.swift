import API
import AWS
import Failover
import FailoverCore
import Foundation
import Observability
import Platform
import Servers
import TestSupport
import Testing

@testable import Worker

@Suite("a failover as routes reach it, on a stub of Connect and a control table in a directory", .waiting(minutes: 5))
struct FailoverPortTests {
    private static let (east, west) = (TwoRegions.names[0], TwoRegions.names[1])

    private let stub: ConnectStub
    private let access: FailoverAccess
    private let port: FailoverPort
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("port-\(UUID().uuidString)").path

    init() throws {
        stub = try ConnectStub(groups: ["second"], rate: 1_000, burst: 1_000)
        let yaml = """
            failover:
              regions: [\(Self.east), \(Self.west)]
              instance: \(stub.instance)
              groups: [\(try stub.groups().map(\.arn).joined(separator: ", "))]
              control: {kind: local, path: \(folder)}

            """
        let schema = ConfigurationSchema.failover
        let options = try Options([], for: Command("run", usage: "", summary: "", flags: schema.flags))
        let configuration = try Configuration.load(
            schema, file: Configuration.File(path: "c.yaml", bytes: Array(yaml.utf8)), environment: [:], options: options)
        let settings = try #require(try FailoverSettings(configuration))
        let session = try AWSSession(
            Environment([
                "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_EC2_METADATA_DISABLED": "true",
                // Both endpoints tell one truth.
                "AWS_ENDPOINT_URL": stub.endpoints[Self.west] ?? "",
            ]))
        let access = try FailoverAccess(settings, region: Self.west, session: session)
        self.access = access
        let controller = FailoverController(
            .init(region: Self.west, peer: Self.east, id: "a"), FailoverPolicy(), seed: 1)
        port = FailoverPort(access, Log(format: .json, sink: NoLines())) { controller.status(now: 0) }
    }

    private func object(_ json: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any], "\(json)")
    }

    private func lines(_ history: String) throws -> [String] {
        try #require(try object(history)["entries"] as? [[String: Any]]).map { entry in
            "\(entry["author"] ?? ""): \((entry["lines"] as? [String] ?? []).joined(separator: "; "))"
        }
    }

    private func status(_ body: () throws -> String) -> Int {
        do {
            let json = try body()
            Issue.record("it was answered: \(json)")
            return 200
        } catch { return (error as? FailoverProblem)?.status ?? 0 }
    }

    @Test("a hold and its end stand in the control table and in the history, with who and why")
    func hold() throws {
        #expect(try object(port.hold(by: "ann", why: "rain"))["held"] as? Bool == true)
        #expect(try access.view().words.hold?.by == "ann")
        #expect(try object(port.resume(by: "ben", why: "sun"))["wasHeld"] as? Bool == true)
        #expect(try access.view().words.hold == nil)
        #expect(try object(port.resume(by: "ben", why: "sun"))["wasHeld"] as? Bool == false)
        #expect(try lines(port.history(of: nil, limit: 10)) == ["ben: resumed what ann held: sun", "ann: held: rain"])
        #expect(try lines(port.history(of: nil, limit: 1)) == ["ben: resumed what ann held: sun"])
    }

    @Test("a plan changes nothing; a move is the next term, which is explained; who saw an older one is refused")
    func move() throws {
        let plan = try object(port.plan(to: Self.west, share: 100))
        #expect(plan["after"] as? Int == 0 && plan["isChange"] as? Bool == true)
        #expect((plan["then"] as? [Any])?.count == 2 && (plan["now"] as? [Any])?.count == 2)
        #expect(try access.view().newest == nil)

        let moved = try object(port.move(to: Self.west, share: 100, after: 0, by: "ann", why: "calls do not land"))
        #expect(moved["term"] as? Int == 1)
        let intent = try #require(try access.view().newest)
        #expect(intent.author == "ann" && intent.cause == .manual && intent.actor == Self.west)
        #expect(intent.evidence == ["ann: calls do not land"])
        #expect(intent.groups.allSatisfy { $0.shares.telephony == [Self.west: 100, Self.east: 0] })
        #expect(try lines(port.history(of: 1, limit: 10)).first?.hasPrefix("ann: ") == true)
        #expect(try object(port.explain(1))["author"] as? String == "ann")

        #expect(status { try port.move(to: Self.east, share: 100, after: 0, by: "ben", why: "w") } == 409)
        #expect(try access.view().newest?.term == 1)
        // Whoever does not say what they saw takes what is there.
        let back = try object(port.move(to: Self.east, share: 50, after: nil, by: "ben", why: "w"))
        #expect(back["term"] as? Int == 2)
        #expect(try access.view().newest?.groups.first?.shares.agents == [Self.west: 50, Self.east: 50])
        #expect(status { try port.explain(9) } == 404)
    }

    @Test("a yes needs the name of the Region that gains, a no does not; a proposal that is gone is 404")
    func approve() throws {
        #expect(
            status { try port.approve("p1", isYes: true, confirmation: Self.west, by: "ann", why: "w") } == 404)
        _ = try port.move(to: Self.east, share: 100, after: nil, by: "ann", why: "a start")
        let proposal = Words.Proposal(
            id: "p1", controller: "us-west-2/a", groups: try access.view().newest?.groups ?? [], actor: Self.west, evidence: [],
            at: 0, after: 1)
        #expect(access.control.perform(.writeProposal(proposal)) == .done)
        for typed in [nil, "", Self.east] {
            #expect(status { try port.approve("p1", isYes: true, confirmation: typed, by: "ann", why: "w") } == 422)
        }
        #expect(status { try port.approve("p2", isYes: true, confirmation: Self.west, by: "ann", why: "w") } == 404)
        #expect(try access.view().words.approval == nil)
        _ = try port.approve("p1", isYes: false, confirmation: nil, by: "ben", why: "not now")
        #expect(try access.view().words.approval == Words.Approval(proposal: "p1", by: "ben", isYes: false))
        #expect(try lines(port.history(of: nil, limit: 1)) == ["ben: said no to proposal p1: not now"])
    }

    @Test("what the controller knows is told, and what it has not read is null")
    func status() throws {
        let status = try object(port.status())
        #expect(
            status["mode"] as? String == FailoverPolicy().mode.rawValue && status["control"] is NSNull
                && status["groups"] is NSNull)
        #expect(status["controllersAlive"] as? [String: Int] == [Self.east: 0, Self.west: 0])
    }

    @Test("where Connect does not answer, a plan and a move are refused, and nothing is written")
    func silent() throws {
        try stub.set(Self.west, .error)
        #expect(status { try port.plan(to: Self.west, share: 100) } == 503)
        #expect(status { try port.move(to: Self.west, share: 100, after: nil, by: "ann", why: "w") } == 503)
        #expect(try access.view().newest == nil)
    }
}

private struct NoLines: LogSink {
    var droppedLines: Int { 0 }
    func put(_ line: [UInt8]) {}
}
