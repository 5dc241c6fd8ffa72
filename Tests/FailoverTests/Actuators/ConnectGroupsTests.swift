import AWS
import FailoverCore
import HTTPClient
import Platform
import Servers
import Synchronization
import TestSupport
import Testing

@testable import Failover

@Suite("Traffic distribution groups, read and updated", .waiting(minutes: 5))
struct ConnectGroupsTests {
    static let (east, west) = (TwoRegions.names[0], TwoRegions.names[1])

    /// A pair with a second group, as a controller of the west has it in hand.
    struct Pair {
        /// What the controller's clock and control table say.
        final class Surroundings: Sendable {
            let now = Mutex<Int64>(0)
            let newest = Mutex<Int64?>(7)
            let confirmations = Mutex(0)
            /// Runs when the newest term is read: what was signed is not sent yet.
            let meanwhile = Mutex<@Sendable () -> Void>({})
        }

        let stub: ConnectStub
        let groups: ConnectGroups
        let arns: [String]
        let around = Surroundings()

        /// `ownAnswersWithin`: how long the own Region's endpoint is waited for.
        init(ownAnswersWithin: Duration = .seconds(60)) throws {
            stub = try ConnectStub(groups: ["second"], rate: 1_000, burst: 1_000)
            arns = try stub.groups().map(\.arn)
            let session = try AWSSession(
                Environment(["AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_EC2_METADATA_DISABLED": "true"]))
            let clients = try [(west, ownAnswersWithin), (east, .seconds(60))].map { [stub] region, limit in
                try session.client(
                    .connect, region: region, endpoint: HTTPURL(stub.endpoints[region] ?? ""),
                    retry: RetryOptions(attemptsMax: 1),
                    timeouts: HTTPTimeouts(connect: limit, firstByte: limit, idle: limit, total: limit))
            }
            groups = ConnectGroups(
                groups: arns, own: clients[0], other: clients[1], now: { [around] in around.now.withLock { $0 } },
                newestTerm: { [around] in
                    around.meanwhile.withLock { $0 }()
                    return around.newest.withLock { $0 }
                })
        }

        func update(_ index: Int = 0, deadline: Int64 = 60_000) -> GroupUpdate {
            GroupUpdate(
                term: 7,
                group: GroupShares(group: arns[index], shares: Shares(west, share: 100, other: east, hasSignIn: index == 0)),
                deadline: deadline)
        }

        func updates() throws -> [ConnectStub.Call] { try stub.calls("UpdateTrafficDistribution") }

        func fault(_ fault: [String: Any]) throws { try stub.set(faults: [fault]) }
    }

    @Test("groups are read as they are, sign-in of the default one alone, and described once")
    func reads() throws {
        let pair = try Pair()
        for _ in 0..<2 {
            guard case .groups(let views) = pair.groups.read() else {
                Issue.record("not read")
                return
            }
            #expect(views.map(\.group) == pair.arns)
            #expect(views.map(\.status) == [.active, .active])
            let shares = Shares(telephony: [Self.east: 100, Self.west: 0], agents: [Self.east: 100, Self.west: 0])
            #expect(views[1].shares == shares)
            #expect(views[0].shares.signIn == [Self.east: true, Self.west: true])
            #expect(views[0].changedAt != nil)
        }
        #expect(try pair.stub.calls("DescribeTrafficDistributionGroup").count == 2)
        #expect(try pair.stub.calls("GetTrafficDistribution").map(\.door) == Array(repeating: Self.west, count: 4))
    }

    @Test("an update sends all that the group has in one request, at the own Region")
    func updates() throws {
        let pair = try Pair()
        #expect(pair.groups.send(pair.update(0)) == .done)
        #expect(pair.groups.send(pair.update(1)) == .done)
        let calls = try pair.updates()
        #expect(calls.map(\.door) == [Self.west, Self.west])
        let moved = [Self.east: 0, Self.west: 100]
        #expect(
            calls.map(\.shares) == [
                ["TelephonyConfig": moved, "AgentConfig": moved, "SignInConfig": [Self.east: 0, Self.west: 1]],
                ["TelephonyConfig": moved, "AgentConfig": moved],
            ])
        guard case .groups(let views) = pair.groups.read() else {
            Issue.record("not read")
            return
        }
        #expect(views.map(\.shares) == [pair.update(0).group.shares, pair.update(1).group.shares])
    }

    @Test("sign-in is not sent to a group that has none, and the default group is not updated without it")
    func signIn() throws {
        let pair = try Pair()
        _ = pair.groups.read()
        var update = pair.update(1)
        update.group.shares.signIn = [Self.east: false, Self.west: true]
        #expect(pair.groups.send(update) == .done)
        #expect(try pair.updates().first?.shares["SignInConfig"] == nil)
        update = pair.update(0)
        update.group.shares.signIn = [:]
        guard case .refused(let why) = pair.groups.send(update) else {
            Issue.record("not refused")
            return
        }
        #expect(why.contains("sign-in of the default group is missing"))
        #expect(try pair.updates().count == 1)
    }

    @Test("nothing is sent where the newest term is another or not known, nor after the deadline")
    func withdraws() throws {
        let pair = try Pair()
        for newest in [8, 6, nil] as [Int64?] {
            pair.around.newest.withLock { $0 = newest }
            #expect(pair.groups.send(pair.update()) == .withdrawn)
        }
        pair.around.newest.withLock { $0 = 7 }
        #expect(pair.groups.send(pair.update(deadline: 0)) == .withdrawn)
        // It passes while the newest term is read.
        pair.around.meanwhile.withLock { [around = pair.around] in $0 = { around.now.withLock { $0 = 70_000 } } }
        #expect(pair.groups.send(pair.update()) == .withdrawn)
        #expect(try pair.updates().isEmpty)
    }

    @Test(
        "a controller that is stopped before it sends has an old signature: the service refuses it, and it is not signed anew")
    func signsFirst() throws {
        let pair = try Pair()
        let began = Timestamp.now
        pair.around.meanwhile.withLock { [stub = pair.stub] in
            $0 = {
                // Signed now, it would be within the five minutes.
                try? eventually("three seconds pass") { Timestamp.now.milliseconds - began.milliseconds > 3_000 }
                try? stub.set(clockAhead: 298)
            }
        }
        guard case .refused(let why) = pair.groups.send(pair.update()) else {
            Issue.record("not refused")
            return
        }
        #expect(why.contains("Signature expired"))
        #expect(try pair.updates().map(\.outcome) == ["refused"])
    }

    @Test("an endpoint that cannot be reached leaves it to the other Region's, signed and confirmed anew")
    func otherRegion() throws {
        let pair = try Pair()
        try pair.stub.set(Self.west, .refuse)
        let around = pair.around
        around.meanwhile.withLock { $0 = { around.confirmations.withLock { $0 += 1 } } }
        #expect(pair.groups.send(pair.update()) == .done)
        #expect(around.confirmations.withLock { $0 } == 2)
        #expect(try pair.updates().map(\.door) == [Self.east])
        guard case .groups = pair.groups.read() else {
            Issue.record("not read")
            return
        }
    }

    @Test(
        "where nothing was heard, or the service was unwell, it is sent at the other Region once, and it stays unknown whether the first is under way",
        arguments: [
            ["fault": "lost"], ["fault": "reset"], ["fault": "error", "code": "InternalServiceException", "status": "500"],
            ["fault": "hang"],
        ])
    func unheard(fault: [String: String]) throws {
        let pair = try Pair(ownAnswersWithin: fault["fault"] == "hang" ? .seconds(3) : .seconds(60))
        var wanted: [String: Any] = fault.merging(["door": Self.west, "operation": "UpdateTrafficDistribution"]) { $1 }
        wanted["status"] = fault["status"].flatMap { Int($0) }
        try pair.fault(wanted)
        guard case .unheard(let why) = pair.groups.send(pair.update()) else {
            Issue.record("it was heard")
            return
        }
        #expect(why.contains("in \(Self.east): done"))
        #expect(try pair.updates().map(\.door) == [Self.west, Self.east])
        #expect(try pair.stub.groups()[0].telephony == [Self.east: 0, Self.west: 100])
    }

    @Test("an endpoint that was silent is left alone for a while: it would leave no time to act")
    func silent() throws {
        let pair = try Pair(ownAnswersWithin: .seconds(3))
        try pair.stub.set(ConnectGroupsTests.west, .hang)
        func asked() throws -> Int { try pair.stub.calls().count { $0.door == ConnectGroupsTests.west } }
        for _ in 0..<3 {
            guard case .groups(let views) = pair.groups.read() else { return #expect(Bool(false), "it cannot be read") }
            #expect(views.count == 2)
        }
        #expect(try asked() == 1)
        #expect(pair.groups.send(pair.update()) == .done)
        #expect(try asked() == 1 && pair.updates().map(\.door) == [ConnectGroupsTests.east])
        pair.around.now.withLock { $0 += ConnectGroups.silenceMilliseconds }
        try pair.stub.set(ConnectGroupsTests.west, .up)
        _ = pair.groups.read()
        #expect(pair.groups.send(pair.update(deadline: .max / 2)) == .done)
        #expect(try asked() > 2 && pair.updates().last?.door == ConnectGroupsTests.west)
    }

    @Test("where neither Region can be reached nothing was changed, and nothing is read")
    func neither() throws {
        let pair = try Pair()
        for region in [Self.east, Self.west] { try pair.stub.set(region, .refuse) }
        guard case .refused = pair.groups.send(pair.update()) else {
            Issue.record("not refused")
            return
        }
        guard case .unheard = pair.groups.read() else {
            Issue.record("it was heard")
            return
        }
        #expect(pair.arns.flatMap { pair.groups.exercise($0) }.count == 4)
    }

    @Test(
        "a refusal is one: nothing was changed, and it is not sent again",
        arguments: [
            (403, "AccessDeniedException", "connect:UpdateTrafficDistribution"), (429, "ThrottlingException", "fewer requests"),
            (404, "ResourceNotFoundException", "check its name"), (409, "ResourceConflictException", "it can be updated again"),
            (400, "InvalidRequestException", "it can be updated again"),
        ])
    func refused(status: Int, code: String, says: String) throws {
        let pair = try Pair()
        try pair.fault(["operation": "UpdateTrafficDistribution", "fault": "error", "code": code, "status": status])
        guard case .refused(let why) = pair.groups.send(pair.update()) else {
            Issue.record("not refused")
            return
        }
        #expect(why.contains(code) && why.contains(says), "\(why)")
        #expect(try pair.updates().map(\.door) == [Self.west])
    }

    @Test(
        "while an update runs a group is read as updating, with what can be known of it", arguments: ["refused", "old", "new"])
    func updating(reading: String) throws {
        let pair = try Pair()
        _ = pair.groups.read()
        try pair.stub.set(["updateSeconds": 3_600, "reading": reading])
        #expect(pair.groups.send(pair.update()) == .done)
        for _ in 0..<2 {
            guard case .groups(let views) = pair.groups.read() else {
                Issue.record("not read")
                return
            }
            #expect(views.map(\.status) == [.updating, .active])
            #expect(views[0].shares.telephony[Self.west] == (reading == "new" ? 100 : 0))
        }
        guard case .refused(let why) = pair.groups.send(pair.update()) else {
            Issue.record("not refused")
            return
        }
        #expect(why.contains("it can be updated again afterwards"))
        try pair.stub.control("PUT", "group", ["group": pair.arns[0], "status": "ACTIVE"])
        guard case .groups(let views) = pair.groups.read() else {
            Issue.record("not read")
            return
        }
        #expect(views[0].status == .active)
        #expect(views[0].shares == pair.update().group.shares)
    }

    @Test("an exercise asks both Regions, changes nothing, and says what stands in the way")
    func exercises() throws {
        let pair = try Pair()
        #expect(pair.arns.flatMap { pair.groups.exercise($0) } == [])
        try pair.stub.control("PUT", "group", ["group": pair.arns[1], "status": "PENDING_DELETION"])
        let problems = pair.arns.flatMap { pair.groups.exercise($0) }
        #expect(problems.count == 2)
        #expect(problems.allSatisfy { $0.contains("PENDING_DELETION") })
        #expect(try pair.updates().isEmpty)
    }

    @Test("all groups are exercised at first, then one a turn, and what was found of the others stands")
    func turns() throws {
        let pair = try Pair()
        func lines(_ exercise: ConnectExercise) -> [String] { exercise.status.exercise?.lines ?? ["none"] }
        let exercise = ConnectExercise(pair.groups, pace: { 180_000 }, say: { _ in })
        exercise.turn()
        #expect(lines(exercise) == [])
        try pair.stub.control("PUT", "group", ["group": pair.arns[1], "status": "PENDING_DELETION"])
        for turn in 0..<3 {
            let before = try pair.stub.calls().count
            exercise.turn()
            #expect(try pair.stub.calls().count == before + 2, "turn \(turn)")
        }
        #expect(lines(exercise).count == 2)
        try pair.stub.control("PUT", "group", ["group": pair.arns[1], "status": "ACTIVE"])
        for _ in 0..<2 { exercise.turn() }
        #expect(lines(exercise) == [])
    }

    @Test("it stands among the actuators, with the term that the groups were seen to show")
    func isActuator() throws {
        let pair = try Pair()
        try pair.stub.control("PUT", "group", ["group": pair.arns[1], "status": "CREATION_FAILED"])
        let said = Mutex<[String]>([])
        let exercise = ConnectExercise(pair.groups, pace: { 180_000 }) { line in said.withLock { $0.append(line) } }
        #expect(exercise.start())
        defer { exercise.stop() }
        try eventually("it is exercised") { exercise.status.exercise != nil }
        #expect(exercise.status.exercise?.isOK == false)
        let older = Intents.to(west: 100, term: 6)
        exercise.follow(Intents.view([older]))
        #expect(exercise.status.state == .applied)
        var view = Intents.view([Intents.to(west: 0, term: 7), older])
        view.marks.removeFirst()
        exercise.follow(view)
        #expect(exercise.status.state == .applying)
        #expect(exercise.status.wantedTerm == 7)
        #expect(exercise.status.appliedTerm == 6)
        try eventually("it is said") { said.withLock { $0 }.contains { $0.hasPrefix("connect: an exercise failed") } }
    }
}
