import AWS
import FailoverCore
import HTTPClient
import Platform
import Synchronization

/// The traffic distribution groups of a pair, as a controller of one of its Regions reads and updates them: ``FailoverStep/readGroups`` and
/// ``FailoverStep/send(_:)``.
///
/// Everything is asked at the controller's own Region, which is the one that is to take the traffic, and needs nothing of the other; where its endpoint does
/// not answer, or is unwell, at the other one, and for ``silenceMilliseconds`` there first: waited for again and again, it would leave no time to act. A group is named by its ARN,
/// which either knows. Each request is waited for by ``timeouts``.
///
/// Requests: a reading takes one a group, and one more while its description is not known, is old, or may have changed; an update takes one, or
/// two where the first endpoint does not answer.
package final class ConnectGroups: Sendable {
    /// Of a request; there are two where the first endpoint is not heard.
    package static let timeouts = HTTPTimeouts(
        connect: .seconds(2), firstByte: .seconds(4), idle: .seconds(4), total: .seconds(5))
    /// For so long after the own Region's endpoint was silent the other one is asked first.
    package static let silenceMilliseconds: Int64 = 30_000

    /// What is known of a group from before.
    private struct Known {
        var isDefault: Bool
        var status: GroupView.Status
        /// When it was described; nil: its status may be another by now.
        var describedAt: Int64?
        /// As it was read last.
        var shares: Shares?
        var changedAt: Int64?
    }

    /// ARNs, in the order in which they are moved.
    package let groups: [String]
    private let own: ServiceClient
    private let other: ServiceClient
    private let now: @Sendable () -> Int64
    private let newestTerm: @Sendable () -> Int64?
    private let known = Mutex<[String: Known]>([:])
    /// Until then the own Region's endpoint is not asked first.
    private let silentUntil = Mutex<Int64>(.min)

    /// `own`, `other`: clients of Amazon Connect in this Region and in the other one, of one attempt each, with ``timeouts``. `now`: the controller's clock, of which
    /// deadlines are. `newestTerm`: reads the newest term consistently; nil where the control table does not answer.
    package init(
        groups: [String], own: ServiceClient, other: ServiceClient, now: @escaping @Sendable () -> Int64,
        newestTerm: @escaping @Sendable () -> Int64?
    ) {
        self.groups = groups
        self.own = own
        self.other = other
        self.now = now
        self.newestTerm = newestTerm
    }

    // MARK: Reading

    /// All groups as they are, or why one of them cannot be read.
    package func read() -> FailoverAnswer {
        var views: [GroupView] = []
        for group in groups {
            do throws(AWSError) {
                views.append(try view(of: group))
            } catch {
                return error.isUnheard ? .unheard("\(error)") : .refused("\(error)")
            }
        }
        return .groups(views)
    }

    private func view(of group: String) throws(AWSError) -> GroupView {
        var known = try described(group)
        do throws(AWSError) {
            let found = try ask(Connect.GetTrafficDistribution(arn: group))
            known.shares = Shares(found.distribution, hasSignIn: known.isDefault)
            known.changedAt = found.lastFailover?.milliseconds
        } catch  where error.connect == .invalid || error.connect == .conflict {
            // Only an active group can be read.
            if known.status == .active { known = try describe(group) }
            if known.status == .active { throw error }
        }
        let (shares, changedAt) = (known.shares, known.changedAt)
        self.known.withLock {
            $0[group]?.shares = shares
            $0[group]?.changedAt = changedAt
        }
        return GroupView(
            group: group, status: known.status, shares: shares ?? Shares(telephony: [:], agents: [:]), changedAt: changedAt)
    }

    private func described(_ group: String) throws(AWSError) -> Known {
        let known = known.withLock { $0[group] }
        if let known, known.status == .active, let at = known.describedAt, now() - at <= ConnectUpkeep.descriptionMilliseconds {
            return known
        }
        return try describe(group)
    }

    private func describe(_ group: String) throws(AWSError) -> Known {
        let found = try ask(Connect.DescribeTrafficDistributionGroup(arn: group))
        return known.withLock { known in
            var entry = known[group] ?? Known(isDefault: found.isDefault, status: .active)
            entry.isDefault = found.isDefault
            entry.status = GroupView.Status(found.status)
            entry.describedAt = now()
            known[group] = entry
            return entry
        }
    }

    /// In this Region, and where nothing is heard there, in the other; or the other way round.
    private func ask<Operation: AWSOperation>(_ operation: Operation) throws(AWSError) -> Operation.Output {
        let (first, second) = endpoints
        do throws(AWSError) {
            return try perform(operation, first)
        } catch  where error.isUnheard {
            return try perform(operation, second)
        }
    }

    private func perform<Operation: AWSOperation>(
        _ operation: Operation, _ client: ServiceClient
    ) throws(AWSError) -> Operation.Output {
        do throws(AWSError) {
            return try client.perform(operation)
        } catch {
            if error.isUnheard { note(silent: client) }
            throw error
        }
    }

    private var endpoints: (first: ServiceClient, second: ServiceClient) {
        silentUntil.withLock { $0 } > now() ? (other, own) : (own, other)
    }

    private func note(silent client: ServiceClient) {
        guard client.region == own.region else { return }
        let until = now() + Self.silenceMilliseconds
        silentUntil.withLock { $0 = until }
    }

    // MARK: Updating

    /// Updates one group: signs, confirms the term, and sends once, each time anew at each endpoint.
    ///
    /// Done: the update was taken, and no request for it is under way. Refused: nothing was changed. Unheard also where the second endpoint took it after
    /// the first had not answered: that request may still be under way.
    package func send(_ update: GroupUpdate) -> FailoverAnswer {
        let group = update.group.group
        let isDefault = known.withLock { $0[group]?.isDefault } ?? !update.group.shares.signIn.isEmpty
        let operation: Connect.UpdateTrafficDistribution
        do throws(Connect.UnusableDistribution) {
            operation = try .init(
                arn: group, isDefault: isDefault, to: TrafficDistribution(update.group.shares, hasSignIn: isDefault))
        } catch {
            return .refused("\(error)")
        }
        // Whatever comes of it, its status may be another from now on.
        known.withLock { $0[group]?.describedAt = nil }
        let (first, second) = endpoints
        switch send(operation, update, first) {
        case .answered(let answer): return answer
        case .unheard(let why, let mayBeDone):
            note(silent: first)
            switch send(operation, update, second) {
            case .answered(let answer): return mayBeDone ? .unheard("\(why); in \(second.region): \(answer)") : answer
            case .unheard(let otherWhy, let otherMay):
                return mayBeDone || otherMay ? .unheard("\(why); \(otherWhy)") : .refused("\(why); \(otherWhy)")
            }
        }
    }

    /// What came of one request.
    private enum Sent {
        case answered(FailoverAnswer)
        /// The endpoint could not be reached, said nothing, or is unwell.
        case unheard(String, mayBeDone: Bool)
    }

    private func send(_ operation: Connect.UpdateTrafficDistribution, _ update: GroupUpdate, _ client: ServiceClient) -> Sent {
        var limits = SendLimits()
        limits.sendsOnce = true
        // In this order: a process that is stopped behind any of these lines, for however long, has a signature of before it was.
        limits.signedAt = .now
        guard let newest = newestTerm(), newest == update.term else { return .answered(.withdrawn) }
        let remaining = update.deadline - now()
        guard remaining > 0 else { return .answered(.withdrawn) }
        limits.deadline = .now + .milliseconds(remaining)
        do throws(AWSError) {
            try client.perform(operation, limits)
            return .answered(.done)
        } catch {
            if case .tooLate = error.cause { return .answered(.withdrawn) }
            if error.isUnheard { return .unheard("\(error)", mayBeDone: error.mayBeDone) }
            switch error.connect {
            case .invalid, .conflict:
                return .answered(.refused("\(error); if the group is updating, it can be updated again afterwards"))
            case .unknown: return .unheard("\(error)", mayBeDone: true)
            case .missing, .denied, .throttled, .unsent, .refused: return .answered(.refused("\(error)"))
            }
        }
    }

    // MARK: Exercise

    /// Whether a group can be read in both Regions and is ready for an update. Changes nothing. Problems, a sentence each.
    package func exercise(_ group: String) -> [String] {
        var problems: [String] = []
        for client in [own, other] {
            do throws(AWSError) {
                let found = try client.perform(Connect.DescribeTrafficDistributionGroup(arn: group))
                let status = GroupView.Status(found.status)
                if status != .active { problems.append("\(group) is \(status) as \(client.region) says") }
            } catch {
                problems.append("\(error)")
            }
        }
        return problems
    }
}

extension AWSError {
    /// Whether the endpoint could not be reached, said nothing, or is unwell.
    var isUnheard: Bool {
        switch cause {
        case .noAnswer: true
        case .refused(let refusal, _): refusal.status >= 500
        case .tooLate, .noCredentials, .unreadable: false
        }
    }
}

extension GroupView.Status {
    /// As Connect has it. A word that is not known is waited for.
    init(_ status: TrafficDistributionGroup.Status?) {
        switch status {
        case .active: self = .active
        case .updating, nil: self = .updating
        case .creating, .creationFailed, .deleting, .deletionFailed: self = .unusable(status?.rawValue ?? "")
        }
    }
}

extension Shares {
    init(_ distribution: TrafficDistribution, hasSignIn: Bool) {
        self.init(
            telephony: distribution.telephony, agents: distribution.agents, signIn: hasSignIn ? distribution.signIn ?? [:] : [:]
        )
    }
}

extension TrafficDistribution {
    init(_ shares: Shares, hasSignIn: Bool) {
        let signIn = shares.signIn.isEmpty ? nil : shares.signIn
        self.init(telephony: shares.telephony, agents: shares.agents, signIn: hasSignIn ? signIn : nil)
    }
}
