public import AWS
import HTTPClient
import Platform

/// Brings tables to a goal: looks, makes a call for every table that nobody is changing, looks again.
///
/// All tables move side by side, so that it takes as long as one of them. What was interrupted is gone on with by the next run, for
/// nothing is remembered but what DynamoDB itself tells.
public final class TablesControl: Sendable {
    /// How often in a row nothing may move: an hour.
    private static let pausesMax = 1800
    private static let pauseMilliseconds: Int64 = 2000

    public let tables: DynamoDBTables
    private let clients: [String: ServiceClient]
    private let pause: @Sendable (Int64) -> Void

    /// `clients`: one for each Region. `pause` waits for so many milliseconds.
    public init(
        _ tables: DynamoDBTables, clients: [String: ServiceClient],
        pause: @escaping @Sendable (_ milliseconds: Int64) -> Void = waitMilliseconds
    ) {
        self.tables = tables
        self.clients = clients
        self.pause = pause
    }

    /// A session's clients. Patient ones slow down and try for long: DynamoDB takes some calls of its control plane ten times a second. Others give
    /// up after three attempts, of five seconds at most: for whoever only looks.
    public convenience init(_ tables: DynamoDBTables, session: AWSSession, isPatient: Bool = true) throws {
        var clients: [String: ServiceClient] = [:]
        let retry = isPatient ? RetryOptions(mode: .adaptive, attemptsMax: 10) : RetryOptions(attemptsMax: 3)
        let timeouts =
            isPatient
            ? HTTPTimeouts() : HTTPTimeouts(connect: .seconds(3), firstByte: .seconds(5), idle: .seconds(5), total: .seconds(5))
        for region in tables.regions {
            clients[region] = try session.client(.dynamoDB, region: region, retry: retry, timeouts: timeouts)
        }
        self.init(tables, clients: clients)
    }

    /// What is not as it has to be.
    public func differences() throws -> [TableDifference] { tables.differences(try look()) }

    /// The calls that ``carryOut(_:report:)`` would make.
    public func plan(_ goal: TablesGoal) throws -> [TableCall] { try tables.plan(goal, look()) }

    /// How it ended.
    public enum Outcome: Equatable, Sendable {
        case done
        /// These cannot be deleted yet: in the last 24 hours a replica was made from them.
        case notYet([String])
    }

    /// Makes calls until the goal is reached. `report` is told each one that was made, and of waiting. One that nobody can make is
    /// found out before the first.
    public func carryOut(_ goal: TablesGoal, report: (Event) -> Void) throws -> Outcome {
        var pauses = 0
        var postponed: Set<String> = []
        let first = try look()
        // What is being made, or changed, is waited for.
        let settled = tables.allNames.filter { table in !tables.regions.contains { first[$0, table]?.isChanging == true } }
        _ = try tables.plan(goal, first, of: settled)
        while true {
            let found = try look()
            var calls: [TableCall] = []
            var changing: [String] = []
            for table in tables.allNames where !postponed.contains(table) {
                if tables.regions.contains(where: { found[$0, table]?.isChanging == true }) {
                    changing.append(table)
                } else if let call = try tables.next(goal, table, found) {
                    calls.append(call)
                }
            }
            if calls.isEmpty, changing.isEmpty { return postponed.isEmpty ? .done : .notYet(postponed.sorted()) }
            let made = try make(calls, &postponed, report)
            pauses = made ? 0 : pauses + 1
            guard pauses <= TablesControl.pausesMax else {
                throw TablesError("\(changing.joined(separator: ", ")): no change for an hour; check the DynamoDB console")
            }
            if made { continue }
            if pauses == 1 { report(.waiting(changing.isEmpty ? calls.map(\.table) : changing)) }
            pause(TablesControl.pauseMilliseconds)
        }
    }

    public enum Event: Sendable {
        case made(TableCall)
        /// For these tables, until DynamoDB is done with them.
        case waiting([String])
    }

    /// Makes calls side by side. False where none was taken.
    private func make(_ calls: [TableCall], _ postponed: inout Set<String>, _ report: (Event) -> Void) throws -> Bool {
        var hasMoved = false
        let kinds = tables.regions.flatMap { region in
            Set(calls.filter { $0.region == region }.map(\.operation)).sorted().map { (region: region, operation: $0) }
        }
        for (region, operation) in kinds {
            let batch = calls.filter { $0.operation == operation && $0.region == region }
            for (call, error) in zip(batch, try client(region).failures(of: batch.map(\.request))) {
                switch error?.dynamoDB {
                case nil:
                    report(.made(call))
                    hasMoved = true
                // Another change is under way, or a table is too young for it.
                case .inUse, .tooEarly, .tooManyChanges: continue
                case .isSourceOfReplicas:
                    postponed.insert(call.table)
                    hasMoved = true
                default: if let error { throw error }
                }
            }
        }
        return hasMoved
    }

    // MARK: - Looking

    func client(_ region: String) throws(TablesError) -> ServiceClient {
        guard let client = clients[region] else { throw TablesError("no client for \(region)") }
        return client
    }

    func look() throws -> TablesFound {
        var found = TablesFound()
        for region in tables.regions {
            try look(region, tables.allNames, into: &found)
            let active = found.inRegion(region).filter { $0.table.status == "ACTIVE" || $0.table.status == "UPDATING" }.map(
                \.name)
            try ask(region, active, { DynamoDB.DescribeContinuousBackups($0) }) {
                found[region, $0]?.hasPointInTimeRecovery = $1
            }
            try ask(region, active, { DynamoDB.DescribeTimeToLive($0) }) { table, expiry in
                found[region, table]?.timeToLive = .init(status: expiry.status ?? "DISABLED", attribute: expiry.attribute)
            }
        }
        return found
    }

    /// Only what DescribeTable tells.
    func look(_ region: String, _ names: [String], into found: inout TablesFound) throws {
        try ask(region, names, { DynamoDB.DescribeTable($0) }) { found[region, $0] = TableFound($1) }
    }

    /// Asks the same of several tables at once; those that are not there are left out.
    private func ask<Operation: DynamoDBOperation>(
        _ region: String, _ names: [String], _ operation: (_ table: String) -> Operation,
        _ take: (_ table: String, _ output: Operation.Output) -> Void
    ) throws {
        for (name, answer) in zip(names, try client(region).performAll(names.map(operation))) {
            switch answer {
            case .success(let output): take(name, output)
            case .failure(let error) where error.dynamoDB == .missing: continue
            case .failure(let error): throw error
            }
        }
    }
}
