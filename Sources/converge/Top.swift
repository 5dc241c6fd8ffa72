import Glibc
import Observability
import Platform
import Worker

/// `converge top`: what a running worker does, as one looks at it.
enum Top: Subcommand {
    static let command = Command(
        "top", usage: "[--url URL] [--interval 1s] [--once]",
        summary:
            "Shows the rates, the lag per partition, the dirty bytes and the errors of a running worker; updates in place.",
        flags: [
            Flag("url", "URL", "HTTP address of the worker (default: \(HTTPSettings.defaultURL))"),
            Flag(
                "interval", "DURATION",
                "time between two updates, 100ms to 1h (default: \(Quantity.text(milliseconds: standardInterval)))"),
            Flag(
                "once", nil,
                "take two samples, one interval apart, print the result and end; the default if the output is not a terminal"),
            Flag("format", "table|json", "output format; json implies --once and prints one object (default: table)"),
        ],
        notes: """
            q, SIGINT and SIGTERM end it with exit code 0. If the worker does not respond, it retries; with --once it fails with exit code 1.
            All figures come from /metrics and /health/ready of the worker.
            """)

    private static let standardInterval: Int64 = 1_000

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.isEmpty else {
            throw UsageError("converge top: takes no operand; give the worker's address with --url URL")
        }
        let interval = try options.duration("interval") ?? standardInterval
        guard (100...3_600_000).contains(interval) else {
            throw UsageError("--interval: '\(options["interval"] ?? "")' is not a duration from 100ms to 1h")
        }
        let format = try options.choice("format", of: ["table", "json"]) ?? "table"
        let isOnce = options.isSet("once") || format == "json" || isatty(STDOUT_FILENO) == 0
        // Before any thread is there: those that come take it over.
        if !isOnce { TopScreen.blockSignals() }
        let probe = try TopProbe(url: options["url"] ?? HTTPSettings.defaultURL, intervalMilliseconds: interval)
        return isOnce ? once(probe, interval, format) : watch(probe, interval)
    }

    /// Two samples, which is what rates need.
    private static func once(_ probe: TopProbe, _ interval: Int64, _ format: String) -> Int32 {
        var trend = WorkerTrend()
        for number in 0..<2 {
            if number > 0 { sleep(milliseconds: interval) }
            do throws(TopProbe.Away) { trend.add(try probe.sample()) } catch {
                writeError("converge top: \(error)\n")
                return 1
            }
        }
        if format == "json" {
            writeOutput(TopReport(url: probe.url, trend: trend).json)
        } else {
            let lines = TopView(url: probe.url, trend: trend, now: now()).lines(width: 120, height: 10_000)
            writeOutput(lines.map { $0.text + "\n" }.joined())
        }
        return 0
    }

    /// In place, until it is told to end.
    private static func watch(_ probe: TopProbe, _ interval: Int64) -> Int32 {
        let screen = TopScreen()
        defer { screen.leave() }
        var trend = WorkerTrend()
        var away: TopView.Away?
        var next = monotonicMilliseconds()
        func show() {
            screen.show { TopView(url: probe.url, trend: trend, away: away, now: now()).lines(width: $0, height: $1) }
        }
        show()
        while true {
            if monotonicMilliseconds() >= next, probe.ask() { next = monotonicMilliseconds() + interval }
            var isNew = false
            if let answer = probe.answer() {
                isNew = true
                switch answer {
                case .success(let sample):
                    trend.add(sample)
                    away = nil
                case .failure(let error): away = TopView.Away("\(error)", since: away?.since ?? now())
                }
            }
            switch screen.input() {
            case .end: return 0
            case .redraw: isNew = true
            case .nothing: break
            }
            if isNew { show() }
        }
    }

    private static func now() -> Double { Double(Timestamp.now.milliseconds) / 1000 }

    private static func sleep(milliseconds: Int64) {
        var time = timespec(tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
        nanosleep(&time, nil)
    }
}
