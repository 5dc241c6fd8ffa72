import ContactCenter
import EngineCore
import FailoverCore
import Ingest
import Lattice
import Platform

/// Reads archived events into ``BacktestFacts``: with the reader and the decoder of `converge replay`, so that what an event means is decided there.
struct FailoverBacktestReading {
    /// Records of a stream: captures, and the Region whose stream they are of, where somebody says so.
    struct Input {
        var region: String?
        var paths: [String]
    }

    private(set) var facts: BacktestFacts
    private(set) var files = 0
    private(set) var eventCount = 0
    /// Events that cannot be used, and objects that are none.
    private(set) var undecodable = 0
    private(set) var unknown = 0
    /// Where the first ones are, and why.
    private(set) var examples: [String] = []
    /// Whether some events' streams are known.
    private(set) var hasStreams = false

    static let examplesMax = 5

    init(regions: [String]) { facts = BacktestFacts(regions: regions) }

    /// `tell`: bytes read, of how many.
    mutating func read(_ inputs: [Input], _ tell: @escaping (_ read: Int, _ total: Int) -> Void) throws {
        let sources = try inputs.map { ($0.region.flatMap(facts.region), try FileSource(paths: $0.paths)) }
        let total = sources.reduce(0) { $0 + $1.1.bytesTotal }
        var before = 0
        for (stream, source) in sources {
            source.warnOfOthers()
            if stream != nil { hasStreams = true }
            files += source.partitions.count
            try read(source, stream) { tell(before + source.bytesRead, total) }
            before += source.bytesTotal
            source.warnOfCuts()
        }
        facts.seal()
    }

    private mutating func read(_ source: FileSource, _ stream: Int?, _ tell: () -> Void) throws {
        let decoder = RecordDecoder()
        let batch = MutationBatch(sliceCount: 1)
        let block = RecordBlock()
        while true {
            block.removeAll()
            guard case .records = try source.read(into: block) else { break }
            for record in block.records {
                batch.removeAll()
                decoder.decode(block.bytes(of: record), arrival: record.arrival, index: 0, into: batch)
                try take(batch, stream)
                undecodable += batch.rejections.count
                for rejection in batch.rejections where examples.count < FailoverBacktestReading.examplesMax {
                    examples.append(
                        "\(source.describe(partition: block.partition, ordinal: record.ordinal)): \(rejection.detail)")
                }
            }
            tell()
        }
    }

    private mutating func take(_ batch: MutationBatch, _ stream: Int?) throws(BacktestFacts.Full) {
        eventCount += batch.eventCount
        unknown += batch.unknown
        // Where an event of several has no time, the latest of the record is near enough.
        let latest = batch.times.max()
        let isComplete = batch.times.count == batch.eventCount
        let mutations = batch.mutations(ofSlice: 0)
        for index in 0..<mutations.count {
            let mutation = mutations[index]
            guard let time = isComplete ? batch.times[mutation.event] : latest else { continue }
            let key = EntityKey(mutation.key)
            switch key.kind {
            case .volume: try takeStarts(key, mutation.entity, time)
            case .agent: try takeAgent(key, mutation.entity)
            case .contact:
                guard let stream else { break }
                try facts.takeEvent(stream: stream, isOther: began(mutation.entity, in: 1 - stream), at: time.milliseconds)
            default: break
            }
        }
    }

    private mutating func takeStarts(_ key: EntityKey, _ entity: EntityView, _ time: Timestamp) throws(BacktestFacts.Full) {
        guard let id = VolumeID.parts(key.id), id.channel.text == TrafficWatch.channel,
            let region = facts.region(id.region.text)
        else { return }
        var told: [(minute: Int, buckets: SketchView.Buckets)] = []
        VolumeState.forEachMinute(entity) { told.append(($0, $1.buckets)) }
        for (minute, buckets) in told {
            for bucket in 0..<SketchView.bucketCount where buckets[bucket] > 0 {
                try facts.takeStart(
                    region: region, minute: id.hour.milliseconds / 60_000 + Int64(minute), bucket: bucket,
                    value: buckets[bucket], heard: time.milliseconds)
            }
        }
    }

    private mutating func takeAgent(_ key: EntityKey, _ entity: EntityView) throws(BacktestFacts.Full) {
        for (number, name) in facts.regions.enumerated() {
            var name = name
            guard let sight = name.withUTF8({ AgentSight(entity, region: ByteView($0)) }) else { continue }
            try facts.takeAgent(
                key.id.hash64, region: number, isOnline: sight.isOnline, seen: sight.seen.milliseconds)
        }
    }

    private func began(_ contact: EntityView, in region: Int) -> Bool {
        var name = facts.regions[region]
        return name.withUTF8 { ContactOrigin.is(ByteView($0), of: contact) }
    }
}
