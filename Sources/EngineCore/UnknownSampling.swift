import ContactCenter

/// Which objects of no known shape go to the dead letters, as samples of their kind.
///
/// Of each kind (``UnknownObjects``) the first one of a block, up to ``samplesMax`` a run: always where the run is told to keep
/// them, else of a partition that holds many, more than one in ``shareOneIn`` of its events and no fewer than ``countMin``. A
/// stream of which so much is not understood is the wrong stream, or one of a format that ought to be known. What is no sample is
/// counted and nothing else.
package struct UnknownSampling {
    package static let samplesMax = 8
    package static let shareOneIn = 10
    package static let countMin = 10

    private struct Seen {
        var unknown = 0
        var events = 0
    }

    private let keepsAll: Bool
    /// By partition; two numbers for each that was read and is not forgotten.
    private var seen: [Int: Seen] = [:]
    /// By kind, of which there are at most ``UnknownObjects/kindsMax``, and what is over that as one more.
    private var taken: [String: Int] = [:]

    package init(keepsAll: Bool) { self.keepsAll = keepsAll }

    package mutating func count(_ batch: MutationBatch, partition: Int) {
        seen[partition, default: Seen()].unknown += batch.unknown
        seen[partition, default: Seen()].events += batch.eventCount
    }

    package var partitionCount: Int { seen.count }

    /// Nothing more comes of a partition.
    package mutating func forget(partition: Int) { seen[partition] = nil }

    /// Puts samples among the batch's rejections. Before the batch is counted.
    package mutating func take(from batch: MutationBatch, partition: Int) {
        let before = seen[partition] ?? Seen()
        let unknown = before.unknown + batch.unknown
        let isMuch =
            unknown >= UnknownSampling.countMin
            && unknown * UnknownSampling.shareOneIn > unknown + before.events + batch.eventCount
        guard keepsAll || isMuch else { return }
        for (index, kind) in batch.unknownObjects.kinds.enumerated() {
            let isNew = taken[kind.name] == nil
            let name = isNew && taken.count >= UnknownObjects.kindsMax ? UnknownObjects.otherKinds : kind.name
            guard taken[name, default: 0] < UnknownSampling.samplesMax, batch.refuseSample(ofKind: index) else { continue }
            taken[name, default: 0] += 1
        }
    }
}
