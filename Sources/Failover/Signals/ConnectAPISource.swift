import AWS
import FailoverCore
import HTTPClient
import Synchronization

/// Asks Connect's API of one Region for the instance, at the pace that its quota allows: 10 s when all is well, 3 s while it is in doubt.
///
/// What it says of replication on the way is handed to the ``ReadinessSource`` of the Region. Cost: nothing; the account's rate, see ``RequestBudget``.
package final class ConnectAPISource: SignalSource {
    package let name: String
    private let client: ServiceClient
    private let instance: String
    private let quota: ConnectQuota
    private let counts: RequestCounts
    private let found: @Sendable (Connect.Instance) -> Void
    private let pulse: Mutex<ConnectAPIPulse>

    /// One attempt, three seconds at most: what is tried again is asked anew, and seen.
    package static let retry = RetryOptions(attemptsMax: 1)
    package static let timeouts = HTTPTimeouts(
        connect: .seconds(2), firstByte: .seconds(3), idle: .seconds(3), total: .seconds(3))

    /// What an answer may take, and a thread that is late.
    static let answerMilliseconds: Int64 = 5_000

    /// `client`: Connect's in the Region, with ``retry`` and ``timeouts``. `found` is given each instance that was described.
    package init(
        _ client: ServiceClient, instance: String, isOwn: Bool, quota: ConnectQuota, counts: RequestCounts,
        found: @escaping @Sendable (Connect.Instance) -> Void = { _ in }
    ) {
        name = "connect-api/\(client.region)"
        self.client = client
        self.instance = instance
        self.quota = quota
        self.counts = counts
        self.found = found
        pulse = Mutex(ConnectAPIPulse(region: client.region, isOwn: isOwn))
    }

    package func look(now: Int64) -> SignalLook {
        guard quota.take(now) else { return SignalLook([], nextAt: quota.next(from: now + 1)) }
        counts.count(client.service.name, client.region)
        let answer: HeardAnswer
        do throws(AWSError) {
            found(try client.perform(Connect.DescribeInstance(instance)))
            answer = .answered
        } catch {
            // What never reached the service took nothing of the account's rate.
            if error.connect == .unsent { quota.giveBack() }
            answer = HeardAnswer(error)
        }
        var (signal, isDoubtful) = pulse.withLock { pulse in
            (pulse.take(answer, to: Connect.DescribeInstance.name, asked: now), pulse.isDoubtful)
        }
        let pace = isDoubtful ? RequestBudget.doubtfulMilliseconds : quota.pace
        let next = quota.next(from: now + pace)
        // It stands until it is asked again: where many controllers share the rate, that is more seldom than signals grow old.
        signal.keptMilliseconds = next - now + ConnectAPISource.answerMilliseconds
        return SignalLook([signal], nextAt: next)
    }
}
