import AWS
import FailoverCore
import HTTPClient
import Platform
import Synchronization

/// The control table in DynamoDB, with multi-Region strong consistency: a read at any Region's endpoint sees every write that was answered at any other, and a
/// condition is held against the newest of them. So a term has one author, wherever its writers are.
///
/// - Own Region's endpoint first, then the others': ``ControlEndpoints/attemptMilliseconds`` each, ``ControlEndpoints/stepMilliseconds`` a step, and once as
///   long again where the table was not looked at yet.
/// - A write of which no answer was heard is made again at the next endpoint, under the same condition. If it had been done, the condition fails, and the item that is
///   there bears this write's token: done. If it comes through late after all, its condition fails.
/// - Before anything else it asks DynamoDB for the table's consistency, and refuses an ordinary global table by name.
///
/// Cost of a round of one controller: two queries, a read unit for each 4 KB of terms and of words, and a write unit in each Region for its verdict.
package final class DynamoDBControlTable: StoredControlTable {
    /// A table that was refused is looked at again after so long.
    static let refusalMilliseconds: Int64 = 30_000
    /// Pages of the history that one question reads, of 1 MB each.
    static let historyPagesMax = 16
    /// Pages of what is read in a round.
    static let pagesMax = 4

    private enum Look: Sendable {
        case none
        case fine
        case refused(String, at: Int64)
    }

    private let table: String
    private let deployment: String
    private let endpoints: ControlEndpoints
    private let verifiesConsistency: Bool
    private let patience: ControlPatience
    private let look = Mutex(Look.none)
    let verdicts: SilentVerdicts

    /// `deployment`: whose items they are among others' in the table, as the id of the instance of Connect. `clients`: one for each Region that has a full replica,
    /// the own Region's first; see ``client(_:region:session:)``. `verifiesConsistency` false, for emulators, is refused unless all endpoints are on
    /// this machine. `clock`: milliseconds that never go back.
    package init(
        _ table: String, deployment: String, clients: [ServiceClient], verifiesConsistency: Bool = true,
        patience: ControlPatience = ControlPatience(), clock: @escaping @Sendable () -> Int64 = monotonicMilliseconds
    ) throws(ControlTableError) {
        self.table = table
        self.deployment = deployment
        self.verifiesConsistency = verifiesConsistency
        self.patience = patience
        endpoints = ControlEndpoints(clients, patience, clock: clock)
        verdicts = SilentVerdicts(clock: clock)
        guard !clients.isEmpty else { throw ControlTableError("the control table \(table) has no Region") }
        guard verifiesConsistency || endpoints.areOnThisMachine else {
            throw ControlTableError(
                "the consistency of the control table \(table) can be left unverified only where its endpoints are on this machine (an emulator): two controllers "
                    + "that use an ordinary table could both move traffic")
        }
    }

    /// A client as this table wants it: one attempt, which ends soon.
    package static func client(
        region: String, session: AWSSession, patience: ControlPatience = ControlPatience()
    ) throws(ConfigurationError) -> ServiceClient {
        try session.client(.dynamoDB, region: region, retry: RetryOptions(attemptsMax: 1), timeouts: patience.timeouts)
    }

    package var caveat: String? {
        verifiesConsistency
            ? nil
            : "control table \(table): an emulator on this machine, whose consistency over Regions is not verified; for trying it out, never for traffic of people"
    }

    // MARK: - Verifying

    /// Why the table cannot be used; nil where it can.
    private func objection() -> ControlFailure? {
        guard verifiesConsistency else { return nil }
        switch look.withLock({ $0 }) {
        case .fine: return nil
        case .refused(let why, let at) where monotonicMilliseconds() - at < DynamoDBControlTable.refusalMilliseconds:
            return .refused(why)
        case .refused, .none: break
        }
        let found = endpoints.settle { client, deadline in describe(client, deadline) }
        switch found {
        case .success(nil):
            look.withLock { $0 = .fine }
            return nil
        case .success(let why?):
            look.withLock { $0 = .refused(why, at: monotonicMilliseconds()) }
            return .refused(why)
        case .failure(let failure): return failure
        }
    }

    private func describe(_ client: ServiceClient, _ deadline: Int64) -> ControlEndpoints.Attempt<String?> {
        switch client.perform(DynamoDB.DescribeTable(table), until: deadline) {
        case nil: return .away(silence("DescribeTable", client))
        case .failure(let error): return attempt(error)
        case .success(let description):
            guard description.status == "ACTIVE" || description.status == "UPDATING" else {
                return .away("the control table \(table) in \(client.region) is \(description.status)")
            }
            return .settled(
                ControlTableFound.Table(description).objection.map {
                    "the control table \(table) in \(client.region) cannot be used: \($0)"
                })
        }
    }

    // MARK: - Writing

    func write(_ write: ControlWrite) -> FailoverAnswer {
        if let objection = objection() { return objection.answer }
        let answer = endpoints.settle { client, deadline in attempt(write, client, deadline) }
        switch answer {
        case .success(let answer): return answer
        case .failure(let failure): return failure.answer
        }
    }

    private func attempt(
        _ write: ControlWrite, _ client: ServiceClient, _ deadline: Int64
    ) -> ControlEndpoints.Attempt<FailoverAnswer> {
        var pause: Int64 = 25
        while true {
            let heard = write.perform(client, table, deployment, until: deadline)
            guard let heard else { return .away(silence("the write of \(write.key.name)", client)) }
            guard let error = heard else { return .settled(.done) }
            switch error.dynamoDB {
            case .conditionFailed:
                let shelf = write.key.shelf
                return .settled(write.isDone(by: error.refusedItem { ControlItem($0, shelf: shelf) }) ? .done : .conflict)
            case .conflict:
                // `ReplicatedWriteConflictException`: another Region is writing this item; this write was not made. The condition of the next attempt reads what is
                // there then.
                guard monotonicMilliseconds() + pause < deadline else { return .away("\(error)") }
                waitMilliseconds(pause)
                pause *= 2
            case .item, .key: return .settled(.refused("\(error)"))
            default: return attempt(error)
            }
        }
    }

    /// An error that says nothing of the write.
    private func attempt<Output>(_ error: AWSError) -> ControlEndpoints.Attempt<Output> {
        // A success that somebody on the way garbled.
        if case .unreadable = error.cause { return .away("\(error)") }
        return switch error.dynamoDB {
        case .throttled, .unknown: .away("\(error)")
        default: .refused("\(error)")
        }
    }

    private func silence(_ what: String, _ client: ServiceClient) -> String {
        "\(what) in \(client.region) was not answered in \(patience.attemptMilliseconds) ms"
    }

    // MARK: - Reading

    func readItems() -> Result<(terms: [ControlItem], now: [ControlItem]), ControlFailure> {
        if let objection = objection() { return .failure(objection) }
        return endpoints.settle { client, deadline in
            // Side by side: it takes as long as one.
            let terms = client.start(query(.terms, ControlView.termsMax, nil))
            let now = client.start(query(.now, nil, nil))
            do throws(Stop) {
                return .settled(
                    (
                        terms: try items(.terms, terms.wait(until: deadline), ControlView.termsMax, client, deadline),
                        now: try items(.now, now.wait(until: deadline), nil, client, deadline)
                    ))
            } catch {
                switch error {
                case .silent: return .away(silence("the read of the control table \(table)", client))
                case .failed(let error): return attempt(error)
                }
            }
        }
    }

    private enum Stop: Error {
        case silent
        case failed(AWSError)
    }

    private func query(_ shelf: ControlItem.Shelf, _ limit: Int?, _ last: [UInt8]?) -> DynamoDB.Query {
        DynamoDB.Query(table, condition: "pk = :pk", isConsistent: true, isDescending: shelf != .now, limit: limit, after: last)
        {
            $0.attribute(":pk", shelf.partition(deployment))
        }
    }

    /// The items of a first page, and of those behind it.
    private func items(
        _ shelf: ControlItem.Shelf, _ first: Result<ItemPage, AWSError>?, _ limit: Int?, _ client: ServiceClient,
        _ deadline: Int64
    ) throws(Stop) -> [ControlItem] {
        var items: [ControlItem] = []
        var result = first
        for _ in 0..<DynamoDBControlTable.pagesMax {
            switch result {
            case nil: throw .silent
            case .failure(let error): throw .failed(error)
            case .success(let page):
                items += page.rows { ControlItem($0, shelf: shelf) }
                let left = limit.map { $0 - items.count }
                guard let last = page.last, left ?? 1 > 0 else { return items }
                result = client.perform(query(shelf, left, last), until: deadline)
            }
        }
        return items
    }

    func readHistory(_ take: (ControlItem) -> Bool) -> ControlFailure? {
        if let objection = objection() { return objection }
        var last: [UInt8]?
        for _ in 0..<DynamoDBControlTable.historyPagesMax {
            let query = query(.history, nil, last)
            let answer = endpoints.settle { client, deadline -> ControlEndpoints.Attempt<ItemPage> in
                switch client.perform(query, until: deadline) {
                case nil: .away(silence("the read of the history", client))
                case .failure(let error): attempt(error)
                case .success(let page): .settled(page)
                }
            }
            switch answer {
            case .failure(let failure): return failure
            case .success(let page):
                for item in page.rows({ ControlItem($0, shelf: .history) }) {
                    if !take(item) { return nil }
                }
                guard page.last != nil else { return nil }
                last = page.last
            }
        }
        return nil
    }
}
