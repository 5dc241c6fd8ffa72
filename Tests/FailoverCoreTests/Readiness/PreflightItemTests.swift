import FailoverCore
import TestSupport
import Testing

@Suite("what a move needs, judged item by item", .limited)
struct PreflightItemTests {
    private typealias Item = PreflightItem
    private static let complete = "COMPLETE"

    /// Fails where it is not as expected: its state, and whether it holds moves back.
    private func expect(
        _ item: PreflightItem?, _ state: PreflightItem.State, blocks: Bool = false, says words: String = "",
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(item?.state == state, "\(String(describing: item))", sourceLocation: location)
        #expect(item?.isBlocking == blocks, "\(String(describing: item))", sourceLocation: location)
        #expect(words.isEmpty || item?.found.contains(words) == true, "\(item?.found ?? "")", sourceLocation: location)
        #expect(
            (item?.remedy.isEmpty == true) == (state == .ok), "a remedy where something is to be done", sourceLocation: location
        )
    }

    @Test("a target that cannot take calls, or whose copy is not whole, blocks; another Region's copy does not")
    func instance() {
        func judge(_ replication: [String: String]?, status: String = "ACTIVE", inbound: Bool = true) -> [PreflightItem] {
            Item.instance(
                .known(.init(status: status, takesInboundCalls: inbound, replication: replication)), target: "west",
                complete: Self.complete)
        }
        let whole = ["west": Self.complete, "east": Self.complete]
        #expect(judge(whole).map(\.state) == [.ok, .ok])
        expect(judge(whole, status: "CREATION_FAILED").first, .failed, blocks: true, says: "CREATION_FAILED")
        expect(judge(whole, inbound: false).first, .failed, blocks: true)
        expect(judge(nil).last, .failed, blocks: true, says: "no replica")
        expect(judge(["west": "IN_PROGRESS", "east": Self.complete]).last, .failed, blocks: true, says: "west is IN_PROGRESS")
        expect(judge(["west": Self.complete, "east": "FAILED"]).last, .failed, says: "east is FAILED")
        expect(judge(["east": Self.complete]).last, .unknown)
        for item in Item.instance(.unknown("no answer"), target: "west", complete: Self.complete) {
            expect(item, .unknown, says: "no answer")
        }
    }

    @Test("differences are told by kind; kinds that could not be looked at leave it unknown")
    func drift() {
        expect(Item.drift(["QUEUE": 0, "PROMPT": 0], of: 27), .ok, says: "2 of 27 kinds")
        expect(Item.drift(["QUEUE": 3, "PROMPT": 1], of: 27), .failed, says: "3 of QUEUE, 1 of PROMPT differ")
        expect(Item.drift(["QUEUE": 3], of: 27, problem: "denied"), .failed)
        expect(Item.drift(["QUEUE": 0], of: 27, problem: "denied"), .unknown, says: "denied")
        expect(Item.drift([:], of: 27), .unknown)
    }

    @Test("each group is judged, and whether the default one is among them")
    func groups() {
        func look(_ id: String, _ status: GroupView.Status, isDefault: Bool = false) -> (String, Item.Heard<Item.GroupLook>) {
            ("arn:g/\(id)", .known(.init(group: "arn:g/\(id)", status: status, isDefault: isDefault)))
        }
        let fine = Item.groups([look("a", .active, isDefault: true), look("b", .active)])
        #expect(fine.map(\.state) == [.ok, .ok, .ok] && fine.map(\.id) == ["group/a", "group/b", "default-group"])
        let mixed = Item.groups([look("a", .updating), look("b", .unusable("CREATION_FAILED"))])
        #expect(mixed.map(\.state) == [.warning, .failed, .warning] && mixed.allSatisfy { !$0.isBlocking })
        let unknown = Item.groups([("arn:g/a", .unknown("no answer")), look("b", .active)])
        #expect(unknown.map(\.state) == [.unknown, .ok, .unknown])
    }

    @Test("no agent who moves blocks; few are worth a look; a list that was not read to its end says so")
    func agents() {
        func judge(_ users: Int, _ associated: Int, isWhole: Bool = true) -> PreflightItem {
            Item.agents(.known(.init(users: users, associated: associated, isWhole: isWhole)))
        }
        expect(judge(100, 95), .ok)
        expect(judge(100, 90), .ok)
        expect(judge(100, 89), .warning, says: "89 of 100")
        expect(judge(100, 0), .failed, blocks: true)
        expect(judge(100, 10, isWhole: false), .ok, says: "at least 10")
        expect(judge(100, 0, isWhole: false), .ok)
        expect(judge(0, 0), .unknown)
        expect(Item.agents(.unknown("denied")), .unknown)
    }

    @Test("lower quotas of the target fail, higher ones are worth a look, and what one Region does not tell is not compared")
    func quotas() {
        func quota(_ code: String, _ value: Double, ofInstance: Bool = true) -> Item.Quota {
            .init(code: code, name: "calls", value: value, isOfInstance: ofInstance)
        }
        func judge(_ here: [Item.Quota], _ there: [Item.Quota]) -> PreflightItem {
            Item.quotas(target: .known(here), other: .known(there), targetRegion: "west")
        }
        expect(judge([quota("a", 10), quota("b", 5)], [quota("a", 10), quota("c", 9)]), .ok, says: "1 are told")
        expect(judge([quota("a", 10)], [quota("a", 100)]), .failed, says: "10 and 100")
        expect(judge([quota("a", 100)], [quota("a", 10)]), .warning)
        // The account's and the instance's are two.
        expect(judge([quota("a", 10, ofInstance: false)], [quota("a", 100)]), .unknown)
        expect(judge([], []), .unknown)
        expect(Item.quotas(target: .known([]), other: .unknown("gone"), targetRegion: "west"), .unknown, says: "gone")
    }

    @Test("a refused permission fails and blocks nothing; without an answer nothing is said")
    func permissions() {
        func permission(_ action: String, _ isAllowed: Bool) -> Item.Permission {
            .init(action: action, resource: "arn:x", isAllowed: isAllowed)
        }
        expect(Item.permissions(.known([permission("a:A", true)])), .ok)
        let refused = Item.permissions(.known([permission("a:A", true), permission("a:B", false)]))
        expect(refused, .failed, says: "1 of 2 refused: a:B")
        #expect(refused.remedy.contains("allow a:B on arn:x"))
        expect(Item.permissions(.known([])), .unknown)
        expect(Item.permissions(.unknown("denied")), .unknown)
    }

    @Test("a contact of today is fine, one of last week is worth a look, none is a failure, and not knowing is none of these")
    func contact() {
        expect(Item.contact(.known((3_600_000, "x")), target: "west"), .ok)
        expect(Item.contact(.known((86_400_001, "x")), target: "west"), .warning)
        expect(Item.contact(.known((nil, "none")), target: "west"), .failed, says: "none")
        expect(Item.contact(.unknown("x"), target: "west"), .unknown)
    }

    @Test("actuators are judged by their exercises")
    func actuators() {
        func judge(_ exercise: ActuatorStatus.Exercise?, failures: Int = 0) -> PreflightItem {
            Item.actuator(
                ActuatorStatus(name: "dns", state: .idle, failures: failures, lastFailure: "x", exercise: exercise),
                wall: 1_000_000)
        }
        expect(judge(nil), .unknown)
        expect(judge(.init(at: 900_000, isOK: true, lines: [])), .ok)
        expect(judge(.init(at: 900_000, isOK: true, lines: ["odd"])), .warning, says: "odd")
        expect(judge(.init(at: 900_000, isOK: true, lines: []), failures: 2), .warning, says: "2 failures")
        expect(judge(.init(at: 900_000, isOK: false, lines: ["gone"])), .failed, says: "gone")
        expect(judge(.init(at: 99_999, isOK: true, lines: [])), .unknown)
        let given = ActuatorStatus(name: "hook", state: .idle, exercise: .init(at: 900_000, isOK: true, lines: []), givenUp: 3)
        expect(Item.actuator(given, wall: 1_000_000), .warning, says: "3 messages were given up")
        // A wall clock that was put back.
        expect(judge(.init(at: 2_000_000, isOK: true, lines: [])), .ok)
    }

    @Test(
        "clocks: what is within the error of the reading is no difference",
        arguments: [
            (0, 500, Item.State.ok), (2_500, 500, .ok), (-2_501, 500, .warning), (60_000, 500, .warning),
            (60_501, 500, .failed),
            (-300_000, 500, .failed), (70_000, 10_000, .warning),
        ] as [(Int64, Int64, PreflightItem.State)])
    func clock(offset: Int64, error: Int64, state: PreflightItem.State) {
        expect(Item.clock(.known((offset, error))), state)
    }

    @Test("the control table: an endpoint that fails fails, a table of this machine is worth a look")
    func controlTable() {
        expect(Item.controlTable(.known(.works(read: 1.6, write: 20)), region: "west"), .ok, says: "read in 2 ms")
        expect(Item.controlTable(.known(.fails("no answer")), region: "west"), .failed, says: "no answer")
        expect(Item.controlTable(.known(.local), region: "here"), .warning)
        expect(Item.controlTable(.unknown("no credentials"), region: "west"), .unknown)
    }

    @Test("only failures that block are handed on; unknown fails a command only where it is strict")
    func summary() {
        let items = [
            PreflightItem("a", "a", .failed, "broken", isBlocking: true), PreflightItem("b", "b", .failed, "poor"),
            PreflightItem("c", "c", .unknown, "?", isBlocking: true), PreflightItem("d", "d", .warning, "hm", isBlocking: true),
        ]
        #expect(Item.blockers(items) == ["preflight a: broken"])
        #expect(!Item.succeed(items, isStrict: false))
        #expect(Item.succeed(Array(items.suffix(2)), isStrict: false) && !Item.succeed(Array(items.suffix(2)), isStrict: true))
        #expect(Item.succeed(Array(items.suffix(1)), isStrict: true))
    }

    @Test("capacity: what is not known never fits and is never zero")
    func capacity() {
        func report(_ quota: Int?, _ calls: Int?, agents: Int? = nil) -> CapacityReport {
            var report = CapacityReport()
            (report.callsQuota, report.callsForecast, report.agentsOnline) = (quota, calls, agents)
            return report
        }
        #expect(report(100, 100).verdict == .fits && report(100, 101).verdict == .doesNotFit)
        #expect(report(nil, 1).verdict == .unknown && report(1, nil).verdict == .unknown && report(0, 0).verdict == .fits)
        #expect(report(100, 120).sentence.contains("20 are turned away"))
        #expect(report(100, 60, agents: 50).sentence.contains("10 callers wait"))
        #expect(report(100, 60).sentence.hasSuffix("they fit"))
    }
}
