public import EngineCore
import Platform

/// What a commit carries beside the offset.
enum KafkaCommit {
    private static let mark = "converge epoch="
    private static let tablesMark = " tables="

    /// The metadata of a commit into the tables of this epoch. `tables`: what their names begin with.
    static func metadata(epoch: String?, tables: String? = nil) -> String {
        epoch.map { mark + $0 + (tables.map { tablesMark + $0 } ?? "") } ?? ""
    }

    /// What a commit's metadata holds; nil where somebody else made the commit. Older ones name no tables.
    static func read(_ metadata: String) -> (epoch: String, tables: String?)? {
        guard metadata.hasPrefix(mark) else { return nil }
        let words = metadata.dropFirst(mark.count).split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = words.count > 1 ? " " + words[1] : ""
        return (String(words[0]), rest.hasPrefix(tablesMark) ? String(rest.dropFirst(tablesMark.count)) : nil)
    }
}

extension KafkaSource {
    /// How long an answer to a commit is waited for, in milliseconds.
    private static let answerMilliseconds: Int32 = 5_000

    /// A table that is shared by workers trusts the group's commits: each is made at once, and tried again until it is done or the
    /// partition is another's. Without an epoch the store itself knows the positions; the group is told about once a second, and
    /// a commit that fails holds nothing up.
    public func commit(_ positions: [CheckpointLedger.Sealed], epoch: String?) throws {
        state.withLock { state in
            state.epoch = epoch
            for sealed in positions where state.lanes[sealed.partition] != nil {
                state.uncommitted[sealed.partition] = sealed.position.kafkaOffset
                state.status[sealed.partition]?.durable = sealed.position.kafkaOffset
            }
        }
        guard epoch != nil else { return }
        try push(isForced: true)
    }

    /// Commits what is durable and not committed yet, now or when it is due. Without an epoch a failure is an event alone.
    func push(isForced: Bool) throws(KafkaError) {
        guard let client else { return }
        let now = monotonicMilliseconds()
        // One at a time, so that a position never goes back.
        try committing.withLock { (_) throws(KafkaError) in
            let epoch = state.withLock { $0.epoch }
            let places = state.withLock { state -> [(index: Int, place: KafkaPlace)] in
                let isDue = isForced || now - state.committedAt >= KafkaSource.commitMilliseconds
                guard isDue, !state.uncommitted.isEmpty else { return [] }
                state.committedAt = now
                return state.uncommitted.compactMap { index, offset in
                    guard let lane = state.lanes[index] else { return nil }
                    return (
                        index,
                        KafkaPlace(
                            topic: lane.topic, partition: lane.partition, offset: offset,
                            metadata: KafkaCommit.metadata(epoch: epoch, tables: settings.tables))
                    )
                }
            }
            guard !places.isEmpty else { return }
            let result = client.commit(places.map(\.place), milliseconds: KafkaSource.answerMilliseconds)
            try settle(places, result, isTrusted: epoch != nil)
        }
    }

    private func settle(
        _ places: [(index: Int, place: KafkaPlace)], _ result: KafkaClient.CommitResult, isTrusted: Bool
    ) throws(KafkaError) {
        switch result {
        case .done, .refused:
            state.withLock { state in
                for (index, place) in places where state.uncommitted[index] == place.offset { state.uncommitted[index] = nil }
                if case .done = result { state.figures.commits += 1 } else { state.figures.commitFailures += 1 }
            }
            if case .refused(let reason) = result { tell(.commitFailed(reason: reason)) }
        case .postponed:
            // The client's thread tries again in a second.
            break
        case .failed(let reason):
            state.withLock { $0.figures.commitFailures += 1 }
            tell(.commitFailed(reason: reason))
            if isTrusted { throw .commit(reason: reason) }
        }
    }
}
