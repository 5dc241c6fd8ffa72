import AWS

/// Which streams are read, and in whose company.
///
///     var settings = KinesisSettings(
///         streams: ["agent-events"], regions: ["us-east-1"], application: "converge", worker: "host-17-4f2a")
///     settings.initial = .latest
public struct KinesisSettings: Sendable {
    /// Names, looked up in every one of ``regions``, and ARNs, which name their Region; `NAME=TABLE` names the stream's lease
    /// table, too.
    public var streams: [String]
    public var regions: [String]
    /// All workers of an application share the shards out between them. It is the name of the lease table where there is one
    /// stream; of several each has `APPLICATION-STREAM-REGION`.
    public var application: String
    /// The Region of the lease tables: the worker's own, whichever Region a stream is in.
    public var leaseRegion: String
    /// What the worker is called in the lease table. No two workers ever have the same name, one that was started anew
    /// included.
    public var worker: String
    /// Where an application begins that has no leases yet.
    public var initial = ShardStart.trimHorizon
    /// Enhanced fan-out, with a consumer of the application's name.
    public var fanOut = false
    /// Of the table that states are written to, and that positions are durable in; nil where the store keeps them itself.
    public var epoch: String?
    /// What the names of those tables begin with; nil with ``epoch``. A lease table is of one set of tables.
    public var tables: String?
    /// Ends once everything that is there is read.
    public var untilEnd = false
    /// How long a source that is stopped goes on trying to commit and to give its leases up, where the lease tables do not answer.
    public var stopMilliseconds: Int64 = 15_000

    public init(streams: [String], regions: [String], application: String, leaseRegion: String? = nil, worker: String) {
        self.streams = streams
        self.regions = regions
        self.application = application
        self.leaseRegion = leaseRegion ?? regions.first ?? ""
        self.worker = worker
    }

    /// Says what is wrong with the settings, before anything is made or asked.
    public func check() throws(KinesisError) { _ = try entries() }

    /// An entry of ``streams``, read.
    struct Entry: Equatable {
        /// What stands before the `=`.
        var name: String
        var arn: KinesisStream?
        var table: String?
    }

    /// `named`: what its entry says. `isOnly`: no other stream is read.
    func leaseTable(of stream: KinesisStream, named: String?, isOnly: Bool) -> String {
        named ?? (isOnly ? application : "\(application)-\(stream.name)-\(stream.region)")
    }

    /// The entries, in order.
    func entries() throws(KinesisError) -> [Entry] {
        guard !streams.isEmpty else { throw .settings(reason: "no stream is given") }
        var entries: [Entry] = []
        for text in streams {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts[0]
            let arn = KinesisStream(arn: name)
            guard !name.isEmpty, arn != nil || !name.hasPrefix("arn:"), parts.count == 1 || !parts[1].isEmpty else {
                throw .settings(reason: "\"\(text)\" is not a stream name, a stream ARN or NAME=TABLE")
            }
            guard arn != nil || !regions.isEmpty else { throw .settings(reason: "no Region is given for stream \(name)") }
            entries.append(Entry(name: name, arn: arn, table: parts.count == 2 ? parts[1] : nil))
        }
        return entries
    }
}
