/// Events from Kinesis.
package struct KinesisSourceSettings: Sendable {
    /// Of ``readyBehindMilliseconds``, and of KCL's shards, which have no key for it.
    static let defaultReadyBehind: Int64 = 60_000

    /// Names, ARNs, and `NAME=TABLE`.
    package var streams: [String]
    /// The Regions that have the streams. Nil: the worker's own.
    package var regions: [String]?
    package var application: String
    /// Enhanced fan-out instead of polling.
    package var fanOut: Bool
    package var untilEnd: Bool
    /// Nil: from the beginning, where there are no leases yet.
    package var from: StartSetting?
    /// Up to how far behind the worker says that it is ready.
    package var readyBehindMilliseconds: Int64
    /// What the names of the tables begin with that states are written to; nil where the store keeps positions itself.
    package var tables: String?
    /// How long it goes on trying to give its leases up where the lease tables do not answer: half of `drain-timeout`, the other half is for
    /// what was read.
    package var stopMilliseconds: Int64

    /// The words of `kinesis.topology`.
    enum Topology: String, CaseIterable { case local, all }

    init(_ configuration: Configuration, _ store: StoreSettings) throws(ConfigurationError) {
        let required = configuration.required
        streams = configuration.list("kinesis.streams")
        if try required.word("kinesis.topology") == Topology.all { regions = configuration.list("kinesis.regions") }
        application = try required.text("kinesis.application")
        fanOut = configuration.isOn("kinesis.fan-out")
        untilEnd = configuration.isOn("source.until-end")
        from = StartSetting(configuration)
        readyBehindMilliseconds = try required.milliseconds("kinesis.ready-behind")
        if case .tables(let prefix) = store.place { tables = prefix }
        stopMilliseconds = try required.milliseconds("drain-timeout") / 2
    }
}
