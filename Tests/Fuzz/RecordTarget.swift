import ContactCenter
import JSON
import Lattice
import Platform

/// Arbitrary bytes as one record: whatever they are, they become sound mutations or rejections, and the same ones every time.
final class RecordTarget: FuzzTarget {
    private let checks = DecodingChecks()

    func run(_ input: ByteView) { checks.check(input) }
}

/// Decodes a record and holds the result against what every result must be.
final class DecodingChecks {
    private let decoder = RecordDecoder()
    private let first = MutationBatch(sliceCount: 1)
    private let second = MutationBatch(sliceCount: 1)
    private let parser = JSONParser()
    private var text = ByteBuffer()
    private var canonical = ByteBuffer()

    func check(_ record: ByteView) {
        let arrival = Timestamp(milliseconds: 4_102_444_800_000)
        first.removeAll()
        decoder.decode(record, arrival: arrival, index: 0, into: first)
        first.forEachMutation(ofSlice: 0) { check($0, among: first.eventCount) }
        for rejection in first.rejections {
            require(rejection.record == 0, "a rejection of another record")
            require(rejection.path.count <= RecordDecoder.depthMax * 2 + 2, "a rejection under a path of \(rejection.path)")
        }

        // Nothing of one record stays behind for the next.
        second.removeAll()
        decoder.decode(record, arrival: arrival, index: 0, into: second)
        require(second.events == first.events && second.unknown == first.unknown, "decoded again, other events are counted")
        require(
            second.unknownObjects.kinds.map(\.name) == first.unknownObjects.kinds.map(\.name)
                && first.unknownObjects.kinds.reduce(0) { $0 + $1.count } == first.unknown
                && first.unknownObjects.kinds.count <= UnknownObjects.kindsMax + 1
                && first.unknownObjects.kinds.allSatisfy { $0.name.utf8.count <= UnknownObjects.nameLengthMax },
            "unknown objects of other kinds")
        require(mutations(second) == mutations(first), "decoded again, other mutations")
        require(
            second.rejections.map(\.bytes) == first.rejections.map(\.bytes)
                && second.rejections.map(\.reason) == first.rejections.map(\.reason), "decoded again, other rejections")
    }

    private func check(_ mutation: MutationBatch.Mutation, among eventCount: Int) {
        let key = EntityKey(mutation.key)
        require(mutation.event >= 0 && mutation.event < eventCount, "a mutation of no event")
        require(key.kind != nil, "a mutation of no kind")
        require(key.id.count >= 1 && key.id.count <= EntityKind.idLengthMax, "an id of \(key.id.count) bytes")
        do {
            try EntityView.validate(mutation.entity.bytes)
            text.removeAll()
            mutation.entity.appendJSON(to: &text)
            let document = try parser.parse(text.bytes)
            canonical.removeAll()
            document.root.appendCanonical(to: &canonical)
            require(canonical.bytes.equals(text.bytes), "an entity's JSON is not canonical: \(text.bytes.text)")
        } catch {
            stop("a mutation that no store would take: \(error)")
        }
    }

    private func mutations(_ batch: MutationBatch) -> [[UInt8]] {
        var all: [[UInt8]] = []
        batch.forEachMutation(ofSlice: 0) { all.append([UInt8]($0.key) + [UInt8]($0.entity.bytes)) }
        return all
    }
}
