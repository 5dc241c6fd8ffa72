import AWS
import Platform
import Synchronization

/// The endpoints of a table with multi-Region strong consistency: any of them answers for all. The own Region's first, then the others', in order; one that
/// did not answer comes last for a while, so that not every step waits for it.
final class ControlEndpoints: Sendable {
    static let awayMilliseconds: Int64 = 10_000
    /// An attempt that would have less is not made.
    static let attemptMillisecondsMin: Int64 = 100

    /// What came of an attempt at an endpoint.
    enum Attempt<Output> {
        /// It holds, whoever else is asked.
        case settled(Output)
        /// This endpoint will not; nothing was changed there.
        case refused(String)
        /// No answer, or none that says anything: it may have been done.
        case away(String)
    }

    private let clients: [ServiceClient]
    private let patience: ControlPatience
    private let clock: @Sendable () -> Int64
    /// By that clock.
    private let awayUntil: Mutex<[Int64]>

    init(_ clients: [ServiceClient], _ patience: ControlPatience, clock: @escaping @Sendable () -> Int64) {
        self.clients = clients
        self.patience = patience
        self.clock = clock
        awayUntil = Mutex([Int64](repeating: 0, count: clients.count))
    }

    var areOnThisMachine: Bool { clients.allSatisfy(\.isOnThisMachine) }

    /// Asks one after the other until something is settled, for a step's time at most. `attempt` has an answer by its deadline.
    func settle<Output>(
        _ attempt: (_ client: ServiceClient, _ deadline: Int64) -> Attempt<Output>
    ) -> Result<Output, ControlFailure> {
        let end = monotonicMilliseconds() + patience.stepMilliseconds
        var whys: [String] = []
        var mayBeDone = false
        for index in order() {
            let now = monotonicMilliseconds()
            guard end - now >= ControlEndpoints.attemptMillisecondsMin else {
                mayBeDone = true
                whys.append("\(clients[index].region) was not asked, for want of time")
                break
            }
            switch attempt(clients[index], min(end, now + patience.attemptMilliseconds)) {
            case .settled(let output):
                awayUntil.withLock { $0[index] = 0 }
                return .success(output)
            case .refused(let why): whys.append(why)
            case .away(let why):
                awayUntil.withLock { $0[index] = clock() + ControlEndpoints.awayMilliseconds }
                mayBeDone = true
                whys.append(why)
            }
        }
        let why = whys.joined(separator: "; ")
        return .failure(mayBeDone ? .unheard(why) : .refused(why))
    }

    private func order() -> [Int] {
        let now = clock()
        let away = awayUntil.withLock { $0 }
        return clients.indices.filter { away[$0] <= now } + clients.indices.filter { away[$0] > now }
    }
}

extension ServiceClient {
    /// Runs an operation until a deadline of ``monotonicMilliseconds()``. Nil: no answer by then; it may have been done.
    func perform<Operation: AWSOperation>(
        _ operation: Operation, until deadline: Int64
    ) -> Result<Operation.Output, AWSError>? {
        start(operation).wait(until: deadline)
    }

    /// Starts an operation, for who waits for several.
    func start<Operation: AWSOperation>(_ operation: Operation) -> Awaited<Result<Operation.Output, AWSError>> {
        let answer = Awaited<Result<Operation.Output, AWSError>>()
        submit(operation) { answer.bring($0) }
        return answer
    }
}
