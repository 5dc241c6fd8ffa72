import EmbeddedStorage
import Engine
import EngineCore
import Ingest
import Observability
import Platform
import Worker

/// `converge replay`: captured events in, one converged state out.
enum Replay: Subcommand {
    static let command = Command(
        "replay",
        usage: "PATH...|- [--state DIR | --memory] [--output FILE|-]",
        summary: "Merges captured events (files or directories) into one state.",
        flags: [
            Flag(
                "state", "DIR",
                "keep the state in DIR; a state that is there is continued (default: \(StoreSettings.defaultPath))"),
            Flag("memory", nil, "keep the state in memory only; nothing remains after the command"),
            Flag("output", "FILE|-", "write the state as canonical JSON Lines to FILE, or to standard output (-)"),
            Flag(
                "threads", "N", former: "workers",
                "threads that decode and merge (default: \(EngineSettings.defaultShardsInWords))"),
            Flag(
                "flush-bytes", "SIZE",
                "maximum number of bytes read between two flushes; a crash rereads at most these (default: \(Quantity.text(bytes: FlushPlanner().readBytesMax)))"
            ),
            Flag(
                "cache-bytes", "SIZE",
                "maximum size of the state in memory, with a state directory (default: \(EngineSettings.defaultCacheInWords))"),
            Flag("dead-letters", "FILE", "file for records that cannot be merged (default: in the state directory)"),
            Flag("format", "table|json", "output format of the summary (default: table)"),
            Flag("keep-unknown", nil, "write samples of every kind of unknown object to the dead letters, also of rare kinds"),
            Flag("strict", nil, "exit with code 1 if there was a dead letter or an unknown object"),
        ] + DecodingFlags.flags,
        notes: """
            Captures are JSON Lines, concatenated JSON, JSON arrays, pretty-printed JSON or Converge's own capture format, each plain, gzip or
            zstd. They contain events, bare or wrapped by SQS, SNS, EventBridge, Firehose, CloudWatch Logs, Lambda or the AWS CLI. The content
            decides, not the name. `-` is standard input, always read from its beginning. A file that has grown is read from where the last
            replay stopped. A dead-letter file is a capture: replay it once the cause is removed.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard !options.operands.isEmpty else { throw UsageError("converge replay: no PATH given; give files or directories") }
        let threads = try options.integer("threads", in: 1...64) ?? EngineSettings.defaultShards
        let format = try options.choice("format", of: ["table", "json"]) ?? "table"
        let decoding = try DecodingFlags.read(options)
        var planner = FlushPlanner()
        if let bytes = try options.size("flush-bytes") { planner.readBytesMax = bytes }
        let cacheBytes = try options.size("cache-bytes") ?? EngineSettings.defaultCacheBytes
        // What is dirty is resident, too.
        planner.dirtyBytesMax = min(planner.dirtyBytesMax, max(cacheBytes / 4, 16 << 20))
        planner.flushBytes = planner.dirtyBytesMax / 2

        let statePath = try statePath(options)
        let store = try statePath.map { try EmbeddedStore(path: $0, mode: .createOrOpen) }
        let checkpoints = try store?.checkpoints() ?? []
        let source = try FileSource(paths: options.operands, checkpoints: checkpoints)
        source.warnOfOthers()
        // What cannot be read gives a new state no meaning yet.
        if let store { try decoding.bind(to: store, at: statePath ?? "") }
        let letters = DeadLetterFile.defaultName
        let deadLetterPath = options["dead-letters"] ?? statePath.map { "\($0)/\(letters)" } ?? letters
        // What fails again would be written behind what is being read, and the file would be another one the next time.
        if let path = resolved(deadLetterPath), source.partitions.contains(where: { $0.stream == path }) {
            throw UsageError("--dead-letters: \(deadLetterPath) is also an input; give another FILE for new dead letters")
        }

        let output = try options["output"].map { try OutputFile(path: $0) }
        let mayHoldRows = try store.map { try !$0.isEmpty } ?? false
        let pipeline = Pipeline(
            source: source, store: store, storeMayHoldRows: mayHoldRows,
            deadLetters: DeadLetterFile(path: deadLetterPath),
            options: PipelineOptions(
                shards: threads, decoder: decoding, planner: planner, residentBytesMax: cacheBytes,
                keepsUnknown: options.isSet("keep-unknown")))

        let (start, cpuBefore) = (ContinuousClock.now, cpuSeconds())
        try merge(pipeline, source)
        let (merged, cpuAfter) = (ContinuousClock.now, cpuSeconds())
        source.warnOfCuts()

        let export = try StateExport.run(
            threads: threads, rows: store.map { store in { try store.scan($0) } } ?? StateExport.rows(of: pipeline.shards),
            output: output.map { file in { try file.write($0) } })
        try output?.close()
        store?.seal(digest: export.digest)

        let summary = Summary(
            totals: pipeline.progress, export: export, seconds: (merged - start).seconds,
            cpuSeconds: cpuAfter - cpuBefore, digestSeconds: (ContinuousClock.now - merged).seconds,
            residentBytes: pipeline.shards.reduce(0) { $0 + $1.residentBytes }, skippedFiles: source.skipped,
            cutFiles: source.cutOff.count)
        report(summary, format: format, besideState: options["output"] == "-", deadLetterPath: deadLetterPath)
        let isWhole = summary.totals.deadLetterCount == 0 && summary.totals.unknown == 0
        return options.isSet("strict") && !isWhole ? 1 : 0
    }

    /// Where the state is kept, nil for memory. The command line decides between the two where the environment names the other.
    private static func statePath(_ options: Options) throws(UsageError) -> String? {
        guard options.isSet("memory") else { return options["state"] ?? StoreSettings.defaultPath }
        guard let path = options["state"] else { return nil }
        guard options.isGiven("memory") != options.isGiven("state") else {
            throw UsageError("converge replay: --state and --memory exclude each other; give one")
        }
        return options.isGiven("memory") ? nil : path
    }

    /// Runs the pipeline to its end, telling how far it is.
    private static func merge(_ pipeline: Pipeline, _ source: FileSource) throws {
        let progress = Progress {
            let share = source.bytesTotal > 0 ? min(1, Double(source.bytesRead) / Double(source.bytesTotal)) : 1
            let events = grouped(pipeline.progress.eventCount)
            return "replay \(Progress.bar(share)) \(fixed(share * 100, 0)) %  \(events) events"
        }
        defer { progress.stop() }
        try pipeline.run()
    }

    /// The state has standard output to itself where it was sent there.
    private static func report(_ summary: Summary, format: String, besideState: Bool, deadLetterPath: String) {
        let text = format == "json" ? summary.json : summary.table
        if besideState { writeError(text) } else { writeOutput(text) }
        let letters = summary.totals.deadLetterCount
        guard letters > 0 else { return }
        writeError(
            "\(grouped(letters)) dead letter\(letters == 1 ? "" : "s") in \(deadLetterPath); to process them again, replay that file\n"
        )
    }
}

extension FileSource {
    /// Tells on standard error what in the directories would be captures by their names and cannot be read as files.
    func warnOfOthers() {
        for path in others {
            writeError(
                "skipped \(printable(path)): it is a pipe, socket or device; to read it, redirect it to standard input and give -\n"
            )
        }
    }

    /// Tells on standard error which captures ended where a killed worker left them. To be called once all is read.
    func warnOfCuts() {
        for path in cutOff {
            writeError(
                "\(printable(path)) is cut off: its worker was killed or its disk was full; every complete record before the cut was read\n"
            )
        }
    }
}
