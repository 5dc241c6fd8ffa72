import AWS
import EngineCore
import Glibc
import Ingest
import Observability
import Platform

extension KafkaSettings {
    init(_ kafka: KafkaClientSettings) throws {
        self.init(brokers: kafka.brokers, group: kafka.group, topics: kafka.topics)
        untilEnd = kafka.untilEnd
        tables = kafka.tables
        options = kafka.options
        guard let region = kafka.tokenRegion else { return }
        let tokens = MSKTokens(region: region, credentials: try AWSSession().credentials)
        token = { try tokens.make(at: .now) }
    }
}

extension KafkaStart {
    init(_ start: StartSetting) {
        switch start {
        case .beginning: self = .beginning
        case .latest: self = .latest
        case .time(let time): self = .time(time.milliseconds)
        }
    }
}

extension KinesisSettings {
    /// `region`: the worker's own. `epoch`: of the tables that states are written to; nil where the store keeps positions itself.
    init(_ kinesis: KinesisSourceSettings, region: String, epoch: String? = nil) {
        var regions = kinesis.regions ?? [region]
        if !regions.contains(region) { regions.insert(region, at: 0) }
        self.init(
            streams: kinesis.streams, regions: regions, application: kinesis.application, leaseRegion: region,
            worker: KinesisSettings.workerName())
        fanOut = kinesis.fanOut
        untilEnd = kinesis.untilEnd
        self.epoch = epoch
        tables = epoch == nil ? nil : kinesis.tables
        stopMilliseconds = kinesis.stopMilliseconds
        switch kinesis.from {
        case .beginning, nil: initial = .trimHorizon
        case .latest: initial = .latest
        case .time(let time): initial = .time(time.milliseconds)
        }
    }

    /// The host, the process and a random number: nobody else's, and not that of the process before.
    private static func workerName() -> String {
        "\(hostName())-\(getpid())-\(String(UInt32.random(in: .min ... .max), radix: 36))"
    }
}

/// What the machine or container is called.
func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension CaptureWriter {
    convenience init(_ capture: CaptureSettings, _ log: Log) throws {
        try self.init(
            path: capture.path, fileBytesMax: capture.fileBytesMax, bytesMax: capture.bytesMax, clock: { .now },
            observer: { log.tell($0) })
    }
}

extension PipelineOptions {
    init(_ settings: WorkerSettings) {
        let engine = settings.engine
        let isShared = settings.store.isShared
        self.init(
            shards: engine.shards, decoder: engine.decoder,
            // The other half is for what merges while a flush is under way.
            planner: FlushPlanner(
                flushBytes: engine.dirtyBytesMax / 2, dirtyBytesMax: engine.dirtyBytesMax,
                flushInterval: engine.flushIntervalMilliseconds,
                positionInterval: max(engine.flushIntervalMilliseconds, engine.commitIntervalMilliseconds)),
            residentBytesMax: engine.cacheBytesMax, retries: isShared, refreshInterval: engine.refreshIntervalMilliseconds,
            commitInterval: engine.commitIntervalMilliseconds, idleInterval: isShared ? 5_000 : nil,
            keepsUnknown: settings.deadLetters.keepsUnknown)
    }
}
