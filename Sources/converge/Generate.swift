import Observability
import Platform
import Simulation
import Worker

/// `converge generate`: traffic to try things with.
enum Generate: Subcommand {
    private static let standard = TrafficOptions(events: 0)
    private static let daysAgo: Int64 = 21

    static let command = Command(
        "generate", usage: "--events N --output PATH",
        summary: "Writes realistic events of a generated contact center as JSON Lines.",
        flags: [
            Flag("events", "N", "number of events"),
            Flag("output", "FILE|-", "output file, one event per line, in order of arrival; - for standard output"),
            Flag("agents", "N", "maximum number of agents (default: \(standard.agents))"),
            Flag(
                "regions", "A,B",
                "the Regions; the first one fails halfway (default: \(standard.regions.joined(separator: ",")))"),
            Flag("seed", "N", "random seed; the same seed and start give the same bytes (default: \(standard.seed))"),
            Flag("start", "TIME", "time of the first event, such as 2026-03-02T14:00:00Z (default: \(daysAgo) days ago)"),
            Flag(
                "disorder", "DURATION",
                "maximum delay of an event (default: \(Quantity.text(milliseconds: Int64(standard.disorderMilliseconds))))"),
            Flag("duplicates", "SHARE", "share of events that arrive twice, 0 to 0.5 (default: \(standard.duplicates))"),
            Flag("mix", "KIND=WEIGHT,...", "relative weights of \(TrafficMix.keys.joined(separator: ", "))"),
        ],
        notes: """
            Contact records are sent again up to 20 days later. With a start \(daysAgo) days ago, no event is in the future (--max-skew) and none is
            too old to keep (--retain-contacts, \(StoreSettings.defaultRetention)).
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard let events = try options.integer("events", in: 1...10_000_000_000) else {
            throw UsageError("converge generate: --events N is required")
        }
        guard let path = options["output"] else {
            throw UsageError("converge generate: --output FILE is required ('-' for standard output)")
        }
        var traffic = TrafficOptions(events: events, start: Timestamp.now.milliseconds - daysAgo * 86_400_000)
        if let text = options["start"] {
            guard let start = Timestamp(text) else {
                throw UsageError("--start: '\(text)' is not a time; write one such as 2026-03-02T14:00:00Z")
            }
            traffic.start = start.milliseconds
        }
        if let agents = try options.integer("agents", in: 1...1_000_000) { traffic.agents = agents }
        if let seed = try options.integer("seed", in: 0...Int.max) { traffic.seed = UInt64(seed) }
        if let disorder = try options.duration("disorder") {
            guard disorder <= 86_400_000 else { throw UsageError("--disorder: the maximum is one day, 1d") }
            traffic.disorderMilliseconds = Int(disorder)
        }
        if let duplicates = try options.number("duplicates", in: 0...0.5) { traffic.duplicates = duplicates }
        if let regions = options["regions"] {
            traffic.regions = regions.split(separator: ",").map(String.init)
            guard !traffic.regions.isEmpty else {
                throw UsageError("--regions: give at least one Region, such as us-east-1,us-west-2")
            }
        }
        if let mix = options["mix"] {
            do { traffic.mix = try TrafficMix.parse(mix) } catch { throw UsageError("--mix: \(error)") }
        }
        try write(TrafficModel(traffic), count: events, to: OutputFile(path: path))
        return 0
    }

    private static func write(_ model: TrafficModel, count: Int, to output: OutputFile) throws {
        var model = model
        let written = Counter()
        let progress = Progress {
            "generate \(Progress.bar(Double(written.value) / Double(count)))  \(grouped(written.value)) events"
        }
        defer { progress.stop() }
        var lines: [UInt8] = []
        while model.next(into: &lines) != nil {
            lines.append(UInt8(ascii: "\n"))
            written.value += 1
            if lines.count >= 1 << 20 {
                try lines.withUnsafeBytes { try output.write($0) }
                lines.removeAll(keepingCapacity: true)
            }
        }
        try lines.withUnsafeBytes { try output.write($0) }
        try output.close()
    }
}
