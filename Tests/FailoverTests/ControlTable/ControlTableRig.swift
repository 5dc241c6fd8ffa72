import AWS
import Failover
import FailoverCore
import FailoverSupport
import Foundation
import HTTPClient
import Platform
import Servers
import Synchronization
import Testing

/// An emulator whose tables are strongly consistent, and a link to it for each Region.
final class StrongRegions: Sendable {
    static let names = ["us-east-1", "us-west-2", "us-east-2"]
    static let table = "converge-control"

    let emulator: Emulator
    let table: StrongTable
    let links: Links
    let http: HTTPClient
    private let credentials: CredentialsProvider

    init(isMade: Bool = true) throws {
        emulator = try Emulator()
        table = try StrongTable(before: emulator)
        links = try Links(Dictionary(uniqueKeysWithValues: StrongRegions.names.map { [port = table.port] in ($0, port) }))
        let session = try AWSSession(Environment(emulator.environment()))
        (http, credentials) = (session.http, session.credentials)
        guard isMade else { return }
        let shape = try ControlTableShape(name: StrongRegions.table, regions: StrongRegions.names)
        try ControlTableSetup(shape, clients: clients(timeouts: HTTPTimeouts()), pause: { _ in }).carryOut { _ in }
    }

    /// Nobody is to look silent because this machine is busy.
    static let patient = ControlPatience(attemptMilliseconds: 60_000, stepMilliseconds: 200_000)
    /// Where somebody is silent: what is waited out.
    static let impatient = ControlPatience(attemptMilliseconds: 3_000, stepMilliseconds: 12_000)

    /// A client of a Region's endpoint, over its link.
    func client(_ region: String, timeouts: HTTPTimeouts = patient.timeouts) throws -> ServiceClient {
        ServiceClient(
            .dynamoDB, region: region, endpoint: try #require(HTTPURL(try links.base(region))), http: http,
            credentials: credentials, retry: RetryOptions(attemptsMax: 1), timeouts: timeouts)
    }

    private func clients(timeouts: HTTPTimeouts) throws -> [String: ServiceClient] {
        Dictionary(uniqueKeysWithValues: try StrongRegions.names.map { ($0, try client($0, timeouts: timeouts)) })
    }

    /// The control table as a controller in the first of these Regions has it.
    func control(
        _ regions: [String] = StrongRegions.names, deployment: String = "instance", patience: ControlPatience = patient,
        clock: HandClock = HandClock()
    ) throws -> DynamoDBControlTable {
        try DynamoDBControlTable(
            StrongRegions.table, deployment: deployment,
            clients: try regions.map { try client($0, timeouts: patience.timeouts) }, patience: patience, clock: { clock.now })
    }
}

/// A clock that goes when it is told to.
final class HandClock: Sendable {
    private let milliseconds = Atomic<Int64>(0)

    var now: Int64 { milliseconds.load(ordering: .relaxed) }

    func advance(_ by: Int64) { milliseconds.add(by, ordering: .relaxed) }
}

/// A folder that is gone with the last reference.
final class ScratchFolder: Sendable {
    let path = NSTemporaryDirectory() + "converge-control-" + UUID().uuidString

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

// MARK: - Values

func shares(_ share: Int) -> Shares { Shares("us-west-2", share: share, other: "us-east-1", hasSignIn: true) }

func intent(
    _ term: Int64, token: String = "token", groups: [GroupShares]? = nil, evidence: [String] = ["0 of 14 expected contacts"]
) -> Intent {
    let groups =
        groups ?? [
            GroupShares(group: "arn:aws:connect:us-east-1:1:traffic-distribution-group/a", shares: shares(100)),
            GroupShares(
                group: "b \"quoted\"\n", shares: Shares("us-west-2", share: 40, other: "us-east-1", hasSignIn: false)),
        ]
    return Intent(
        term: term, groups: groups, cause: .approved, author: "controller us-west-2/3f9c", actor: "us-west-2",
        evidence: evidence, token: token, proposedAt: 1_780_000_000_123, plan: term % 2 == 0 ? "plan" : nil)
}

func mark(_ term: Int64, _ token: String, _ state: ActingMark.State = .sending) -> ActingMark {
    ActingMark(term: term, controller: "us-west-2/3f9c", token: token, state: state)
}

func plan(_ id: String, _ state: ReturnPlan.State, after: Int64 = 1) -> ReturnPlan {
    ReturnPlan(
        id: id, by: "Ada", region: "us-east-1", goal: intent(1).groups, step: 20, holdMilliseconds: 60_000, state: state,
        evidence: "gates are good", after: after)
}

func proposal(_ id: String) -> Words.Proposal {
    Words.Proposal(
        id: id, controller: "us-west-2/3f9c", groups: intent(1).groups, actor: "us-west-2", evidence: ["one", "two"], at: 5,
        after: 3)
}

extension ControlTable {
    func view() throws -> ControlView {
        let answer = perform(.read)
        guard case .control(let view) = answer else { throw NoView(answer: answer) }
        return view
    }
}

struct NoView: Error { let answer: FailoverAnswer }
