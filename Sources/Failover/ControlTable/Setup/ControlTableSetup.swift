import AWS
import HTTPClient
import Platform

/// Makes the control table and looks at it: looks, makes a call, waits until DynamoDB is done, looks again. What was interrupted is gone on with by the next
/// run, for nothing is remembered but what DynamoDB itself tells.
package final class ControlTableSetup: Sendable {
    /// How often in a row nothing may move: an hour.
    private static let pausesMax = 1800
    private static let pauseMilliseconds: Int64 = 2000

    package let shape: ControlTableShape
    private let clients: [String: ServiceClient]
    private let pause: @Sendable (Int64) -> Void

    /// `clients`: one for each replica's Region. `pause` waits for so many milliseconds.
    package init(
        _ shape: ControlTableShape, clients: [String: ServiceClient],
        pause: @escaping @Sendable (_ milliseconds: Int64) -> Void = waitMilliseconds
    ) {
        self.shape = shape
        self.clients = clients
        self.pause = pause
    }

    /// A session's clients: of three attempts, of five seconds at most.
    package convenience init(_ shape: ControlTableShape, session: AWSSession) throws {
        let limit = Duration.seconds(5)
        var clients: [String: ServiceClient] = [:]
        for region in shape.replicas {
            clients[region] = try session.client(
                .dynamoDB, region: region, retry: RetryOptions(attemptsMax: 3),
                timeouts: HTTPTimeouts(connect: .seconds(3), firstByte: limit, idle: limit, total: limit))
        }
        self.init(shape, clients: clients)
    }

    /// The calls that ``carryOut(report:)`` would make.
    package func plan() throws -> [ControlTableCall] { try shape.plan(look()) }

    package enum Event: Sendable {
        case made(ControlTableCall)
        /// Until DynamoDB is done with it.
        case waiting
    }

    /// Makes calls until the table is as it is to be. What only a person can change is found out before the first.
    package func carryOut(report: (Event) -> Void) throws {
        var pauses = 0
        while true {
            let found = try look()
            if !shape.isSettling(found) {
                guard let call = try shape.next(found) else { return }
                switch try failure(of: call)?.dynamoDB {
                case nil:
                    report(.made(call))
                    pauses = 0
                    continue
                // Another change is under way, or the table is too young for it.
                default: break
                }
            }
            pauses += 1
            guard pauses <= ControlTableSetup.pausesMax else {
                throw ControlTableError("\(shape.name): no change for an hour; look at the table in the DynamoDB console")
            }
            if pauses == 1 { report(.waiting) }
            pause(ControlTableSetup.pauseMilliseconds)
        }
    }

    /// Nil where the call was taken; an error that waiting helps against; others are thrown.
    private func failure(of call: ControlTableCall) throws -> AWSError? {
        guard let error = try client(call.region).failures(of: [call.request]).first ?? nil else { return nil }
        switch error.dynamoDB {
        case .inUse, .tooEarly, .tooManyChanges: return error
        default: throw error
        }
    }

    private func client(_ region: String) throws(ControlTableError) -> ServiceClient {
        guard let client = clients[region] else { throw ControlTableError("no client for \(region)") }
        return client
    }

    // MARK: - Looking

    /// What all Regions have. Throws where one does not answer.
    package func look() throws -> ControlTableFound {
        var found = ControlTableFound()
        for region in shape.replicas { found.tables[region] = try look(region) }
        return found
    }

    /// What a Region has; nil where it has none.
    package func look(_ region: String) throws -> ControlTableFound.Table? {
        let client = try client(region)
        let description: DynamoDB.TableDescription
        do throws(AWSError) {
            description = try client.perform(DynamoDB.DescribeTable(shape.name))
        } catch {
            if error.dynamoDB == .missing { return nil }
            throw error
        }
        var table = ControlTableFound.Table(description)
        guard table.status == "ACTIVE" || table.status == "UPDATING" else { return table }
        table.hasPointInTimeRecovery = try client.perform(DynamoDB.DescribeContinuousBackups(shape.name))
        if table.consistency == nil, table.replicas.isEmpty {
            let page = try client.perform(DynamoDB.Scan(shape.name, isConsistent: true, projection: "pk", limit: 1))
            table.isEmpty = page.rows { $0.text("pk") }.isEmpty
        }
        return table
    }

    // MARK: - Trying

    /// Milliseconds from here through a Region's endpoint and back, the median of some.
    package struct RoundTrips: Equatable, Sendable {
        /// Of a consistent read.
        package let read: Double
        /// Of a write whose condition cannot hold: it changes nothing.
        package let write: Double
    }

    /// Tries what a controller does with the table, in ways that change nothing. Throws what was refused.
    package func roundTrips(_ region: String, samples: Int = 5) throws -> RoundTrips {
        let client = try client(region)
        var (reads, writes): ([Double], [Double]) = ([], [])
        for _ in 0..<samples {
            var start = ContinuousClock.now
            let query = DynamoDB.Query(shape.name, condition: "pk = :pk", isConsistent: true, isDescending: true, limit: 1) {
                $0.attribute(":pk", "converge#check")
            }
            _ = try client.perform(query)
            reads.append((ContinuousClock.now - start).seconds * 1000)
            start = ContinuousClock.now
            let write = DynamoDB.PutItem(shape.name, condition: "attribute_exists(pk) AND attribute_not_exists(pk)") { json in
                json.attribute("pk", "converge#check")
                json.attribute("sk", "converge#check")
            }
            if let error = client.failures(of: [write]).first ?? nil, error.dynamoDB != .conditionFailed { throw error }
            writes.append((ContinuousClock.now - start).seconds * 1000)
        }
        return RoundTrips(read: reads.sorted()[samples / 2], write: writes.sorted()[samples / 2])
    }
}
