import AWS
public import EngineCore
import Leases
import Platform
import Synchronization

/// A position on its way to the lease.
struct PendingCommit: Sendable {
    /// Index of the lane it is of.
    var lane: Int
    var sealed: CheckpointLedger.Sealed
    var epoch: String?
    /// Who waits for it; nil where nobody does.
    var round: CommitRound?
}

/// Commits that somebody waits for together.
final class CommitRound: Sendable {
    private let state: Mutex<(left: Int, reason: String?)>
    private let bell = Bell()

    init(_ count: Int) { state = Mutex((count, nil)) }

    func settled(_ error: AWSError?) {
        state.withLock { state in
            state.left -= 1
            if let error { state.reason = "\(error)" }
        }
        bell.ring()
    }

    /// Why one of them failed; nil where all are committed, or their leases are lost.
    func wait() -> String? {
        while true {
            let (left, reason) = state.withLock { $0 }
            if left <= 0 { return reason }
            bell.wait(milliseconds: 1_000)
        }
    }
}

extension KinesisSource {
    /// A table that is shared by workers trusts the leases: each position is committed at once, all leases side by side, and
    /// what cannot be reached is an error, after which the flush tries again. A lease that is another's by now is lost, and no
    /// error. Without an epoch the store itself knows the positions; the leases are told about once a second, and a commit that
    /// fails holds nothing up.
    public func commit(_ positions: [CheckpointLedger.Sealed], epoch: String?) throws {
        let round = state.withLock { state -> CommitRound? in
            let current = positions.filter { sealed in
                guard let lane = state.lanes[sealed.partition] else { return false }
                return state.laneOf[lane.key] == sealed.partition
            }
            for sealed in current {
                state.status[sealed.partition]?.durable = sealed.position
                if epoch == nil { state.uncommitted[sealed.partition] = sealed }
            }
            guard let epoch, !current.isEmpty else { return nil }
            let round = CommitRound(current.count)
            for sealed in current { queue(sealed, epoch: epoch, round, &state) }
            return round
        }
        guard let round else { return leaseBell.ring() }
        pump()
        if let reason = round.wait() { throw KinesisError.commit(reason: reason) }
    }

    private func queue(_ sealed: CheckpointLedger.Sealed, epoch: String?, _ round: CommitRound?, _ state: inout State) {
        guard let lane = state.lanes[sealed.partition] else { return }
        let before = state.pending.updateValue(
            PendingCommit(lane: sealed.partition, sealed: sealed, epoch: epoch, round: round), forKey: lane.key)
        before?.round?.settled(nil)
    }

    /// Queues what is durable and not committed yet, now or when it is due: where the store keeps the positions.
    func queueCommits(isForced: Bool) {
        let now = monotonicMilliseconds()
        state.withLock { state in
            guard !state.uncommitted.isEmpty else { return }
            let isDue = isForced || now - state.committedAt >= KinesisSource.commitMilliseconds
            for (index, sealed) in state.uncommitted where isDue || sealed.ended {
                guard let lane = state.lanes[index], state.laneOf[lane.key] == index else {
                    state.uncommitted[index] = nil
                    continue
                }
                // The one before waits for its answer still.
                guard state.pending[lane.key] == nil else { continue }
                state.uncommitted[index] = nil
                queue(sealed, epoch: nil, nil, &state)
            }
            if isDue { state.committedAt = now }
        }
    }

    /// Sends every commit whose lease is free for it. Those of leases that are lost are done with.
    func pump() {
        let (steps, dropped) = state.withLock { state -> ([LeaseBook.Step], [PendingCommit]) in
            var steps: [LeaseBook.Step] = []
            var dropped: [PendingCommit] = []
            for (key, commit) in state.pending.sorted(by: { $0.key < $1.key }) {
                guard state.book.isHeld(key), state.laneOf[key] == commit.lane else {
                    state.pending[key] = nil
                    dropped.append(commit)
                    continue
                }
                if let step = state.book.begin(action(commit, key, state), key) { steps.append(step) }
            }
            return (steps, dropped)
        }
        for commit in dropped { commit.round?.settled(nil) }
        for step in steps { send(step) }
    }

    private func action(_ commit: PendingCommit, _ key: LeaseBook.Key, _ state: State) -> LeaseWrite.Action {
        guard commit.sealed.ended else {
            let position = commit.sealed.position
            let checkpoint: LeaseCheckpoint =
                position == .beginning
                ? .trimHorizon : .at(sequence: position.sequenceNumber, sub: position.subSequenceNumber)
            return .commit(checkpoint, epoch: commit.epoch, children: [])
        }
        let told = state.status[commit.lane]?.children ?? []
        let listed = state.book.streams[key.stream].shards.values.filter { $0.parents.contains(key.shard) }.map(\.id)
        return .commit(.shardEnd, epoch: commit.epoch, children: Set(told).union(listed).sorted())
    }

    /// What a lease's answered write means for the commit that it was: whether whoever waits may go on.
    func settleCommit(
        _ step: LeaseBook.Step, _ outcome: LeaseOutcome, _ error: AWSError?, _ changes: [LeaseBook.Change], _ state: inout State
    ) -> [PendingCommit] {
        guard case .commit = step.write.action, let commit = state.pending[step.key] else { return [] }
        // Over a write whose answer was lost: to be made again.
        if changes.contains(.again(step.key)) { return [] }
        // A later position came while the one before was under way: it goes next.
        guard action(commit, step.key, state) == step.write.action || error != nil || !state.book.isHeld(step.key) else {
            return []
        }
        state.pending[step.key] = nil
        if error != nil {
            state.figures.commitFailures += 1
            if commit.round == nil { state.uncommitted[commit.lane] = state.uncommitted[commit.lane] ?? commit.sealed }
        } else if case .done = outcome {
            state.figures.commits += 1
        }
        return [commit]
    }
}
