import Synchronization
import TestSupport
import Testing

@testable import Observability
@testable import Platform

private func text(_ metrics: Metrics) -> String { String(decoding: metrics.text(), as: UTF8.self) }

@Suite("metrics", .waiting(minutes: 5))
struct MetricsTests {
    @Test("families are sorted by name and series by their labels, with help and type")
    func exposition() throws {
        let metrics = Metrics()
        let events = try metrics.counters("converge_events_total", "Events, by type.", labels: ["type", "region"])
        events.with("b", "eu").add(2)
        events.with("a", "us").add(40)
        events.with("a", "us").add(2)
        try metrics.gauge("converge_dirty_bytes", "Dirty bytes.").set(1.5)
        #expect(
            text(metrics) == """
                # HELP converge_dirty_bytes Dirty bytes.
                # TYPE converge_dirty_bytes gauge
                converge_dirty_bytes 1.5
                # HELP converge_events_total Events, by type.
                # TYPE converge_events_total counter
                converge_events_total{type="a",region="us"} 42
                converge_events_total{type="b",region="eu"} 2

                """)
    }

    @Test("a counter only increases, in its own unit")
    func counter() throws {
        let metrics = Metrics()
        let seconds = try metrics.counter("converge_flush_seconds_total", "Flushing.", scale: 1e-9)
        seconds.add(1_500_000_000)
        seconds.add(-5)
        seconds.add(0)
        #expect(text(metrics).hasSuffix("converge_flush_seconds_total 1.5\n"))
    }

    @Test("a gauge increases and decreases")
    func gauge() throws {
        let gauge = try Metrics().gauge("converge_lag_seconds", "Lag.")
        gauge.set(10)
        gauge.add(-12.5)
        #expect(gauge.value == -2.5)
    }

    @Test("a histogram by powers of two is reported with the configured bounds, in their unit")
    func powersOfTwo() throws {
        let metrics = Metrics()
        var lags = Log2Histogram()
        for lag in [1, 2, 3, 4, 5, 9] { lags.add(Int64(lag)) }
        lags.add(3_000, times: 2)
        try metrics.observe("converge_lag_seconds", "Lag.", exponents: 1...3, scale: 0.001) { [lags] in lags }
        let lines = text(metrics).split(separator: "\n")
        #expect(lines[1] == "# TYPE converge_lag_seconds histogram")
        #expect(
            lines.dropFirst(2) == [
                "converge_lag_seconds_bucket{le=\"0.002\"} 2", "converge_lag_seconds_bucket{le=\"0.004\"} 4",
                "converge_lag_seconds_bucket{le=\"0.008\"} 5", "converge_lag_seconds_bucket{le=\"+Inf\"} 8",
                "converge_lag_seconds_sum 6.024", "converge_lag_seconds_count 8",
            ])
        #expect(throws: MetricsError.self) {
            try metrics.observe("converge_other_seconds", "Lag.", exponents: 1...63, scale: 1) { Log2Histogram() }
        }
    }

    @Test("each bucket of a histogram counts the values up to its bound")
    func histogram() throws {
        let metrics = Metrics()
        let histogram = try metrics.histogram("converge_flush_seconds", "Flush.", bounds: [0.005, 0.1, 1])
        for value in [0, 0.005, 0.0050001, 0.1, 1, 2, .infinity] { histogram.observe(value) }
        histogram.observe(0.05, times: 10)
        histogram.observe(.nan)
        let lines = text(metrics).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(
            lines == [
                "converge_flush_seconds_bucket{le=\"0.005\"} 2", "converge_flush_seconds_bucket{le=\"0.1\"} 14",
                "converge_flush_seconds_bucket{le=\"1\"} 15", "converge_flush_seconds_bucket{le=\"+Inf\"} 17",
                "converge_flush_seconds_sum +Inf", "converge_flush_seconds_count 17",
            ])
    }

    @Test("labels and help are escaped")
    func escapes() throws {
        let metrics = Metrics()
        try metrics.gauges("g", "one\\two\nthree", labels: ["l"]).with("a\"b\\c\nd").set(1)
        #expect(text(metrics) == "# HELP g one\\\\two\\nthree\n# TYPE g gauge\ng{l=\"a\\\"b\\\\c\\nd\"} 1\n")
    }

    @Test("the number of series per family is bounded, and all further ones share one series")
    func bounded() throws {
        let metrics = Metrics()
        let family = try metrics.counters("c_total", "C.", labels: ["topic"], seriesMax: 3)
        for topic in 0..<10 { family.with("\(topic)").add() }
        #expect(text(metrics).contains("c_total{topic=\"other\"} 7\n"))
        #expect(text(metrics).split(separator: "\n").count == 2 + 4)
        family.with("1").add()
        #expect(text(metrics).contains("c_total{topic=\"1\"} 2\n"))
        family.remove("1")
        #expect(!text(metrics).contains("topic=\"1\""))
    }

    @Test("missing labels are empty, and surplus labels are omitted")
    func labelCount() throws {
        let metrics = Metrics()
        let family = try metrics.gauges("g", "G.", labels: ["a", "b"])
        family.with("x").set(1)
        family.with("x", "y", "z").set(2)
        #expect(text(metrics).contains("g{a=\"x\",b=\"\"} 1\n") && text(metrics).contains("g{a=\"x\",b=\"y\"} 2\n"))
    }

    @Test("observed values are read at each scrape")
    func observed() throws {
        let metrics = Metrics()
        let calls = Mutex(0)
        try metrics.observe("converge_lag_records", "Lag.", labels: ["partition"]) {
            let count = calls.withLock { calls in
                calls += 1
                return calls
            }
            return [MetricReading(Double(count), labels: ["0"]), MetricReading(.nan, labels: ["1"])]
        }
        #expect(text(metrics).contains("{partition=\"0\"} 1\n"))
        #expect(text(metrics).hasSuffix("{partition=\"0\"} 2\nconverge_lag_records{partition=\"1\"} NaN\n"))
    }

    @Test("names that are invalid in Prometheus, or already used, are refused")
    func names() throws {
        let metrics = Metrics()
        _ = try metrics.gauge("a", "A.")
        #expect(throws: MetricsError.self) { try metrics.gauge("a", "A.") }
        #expect(throws: MetricsError.self) { try metrics.counter("a_count", "A.") }
        for name in ["", "1a", "a-b", "ä", "a b"] { #expect(throws: MetricsError.self) { try metrics.gauge(name, "A.") } }
        for label in ["le", "quantile", "__a", "a:b", ""] {
            #expect(throws: MetricsError.self) { try metrics.gauges("b", "B.", labels: [label]) }
        }
        #expect(throws: MetricsError.self) { try metrics.gauges("b", "B.", labels: ["x", "x"]) }
        #expect(throws: MetricsError.self) { try metrics.gauge("b", "") }
        for bounds in [[], [1, 1], [2, 1], [.infinity], [.nan]] as [[Double]] {
            #expect(throws: MetricsError.self) { try metrics.histogram("b", "B.", bounds: bounds) }
        }
    }

    @Test("concurrent updates of threads are all counted")
    func concurrent() async throws {
        let metrics = Metrics()
        let counter = try metrics.counter("c_total", "C.")
        let gauge = try metrics.gauge("g", "G.")
        let histogram = try metrics.histogram("h", "H.", bounds: [1])
        let family = try metrics.counters("f_total", "F.", labels: ["l"])
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for _ in 0..<5000 {
                        counter.add(2)
                        gauge.add(1)
                        histogram.observe(0.5)
                    }
                    family.with("\(task % 2)").add()
                }
            }
        }
        #expect(counter.value == 80_000)
        #expect(gauge.value == 40_000)
        #expect(text(metrics).contains("h_bucket{le=\"+Inf\"} 40000\nh_sum 20000\nh_count 40000\n"))
        #expect(text(metrics).contains("f_total{l=\"0\"} 4\nf_total{l=\"1\"} 4\n"))
    }

    @Test("the process metrics are reported")
    func process() throws {
        let metrics = Metrics()
        try metrics.observeProcess(version: "1.2.3")
        let lines = text(metrics).split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ") }
        let values = Dictionary(uniqueKeysWithValues: lines.map { (String($0[0]), Double($0[1]) ?? .nan) })
        #expect(values["converge_build_info{version=\"1.2.3\"}"] == 1)
        #expect(try #require(values["process_resident_memory_bytes"]) > 1e6)
        #expect(try #require(values["process_open_fds"]) >= 3)
        #expect(try #require(values["process_max_fds"]) > 16)
        #expect(try #require(values["process_cpu_seconds_total"]) > 0)
        #expect(try #require(values["process_start_time_seconds"]) > 1.7e9)
    }
}

@Suite("log-linear histograms", .limited)
struct LogLinearHistogramTests {
    /// Values over many powers of two, always the same ones.
    private static func sample(_ count: Int, seed: UInt64) -> [Int] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) >> Int(state >> 8 & 31)
        }
    }

    @Test("quantiles are never too small, and too large by at most 1/128", arguments: [1, 2, 10, 1000, 50_000])
    func accuracy(count: Int) throws {
        let values = Self.sample(count, seed: UInt64(count))
        var histogram = LogLinearHistogram(valueMax: 1 << 40)
        for value in values { histogram.record(value) }
        let sorted = values.sorted()
        for share in [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = sorted[max(0, Int((share * Double(count)).rounded(.up)) - 1)]
            let told = try #require(histogram.quantile(share))
            #expect(told >= exact && Double(told) <= Double(exact) * (1 + 1.0 / 128), "p\(share): \(told) for \(exact)")
        }
        #expect(histogram.count == count && histogram.min == sorted.first && histogram.max == sorted.last)
        #expect(histogram.sum == values.reduce(0) { $0 + Double($1) })
    }

    @Test("small values and both ends of every power of two are in the right bucket")
    func slots() {
        var edges = Array(0...1024)
        for shift in 10..<62 { edges += [1 << shift - 1, 1 << shift, 1 << shift + 1] }
        for value in edges {
            var histogram = LogLinearHistogram(valueMax: Int.max)
            histogram.record(value)
            histogram.record(Int.max)
            let told = histogram.quantile(0.5) ?? -1
            #expect(told >= value && told - value <= value / 128, "\(told) for \(value)")
        }
    }

    @Test("memory is bounded, and values out of range are clamped and counted")
    func clamped() {
        var histogram = LogLinearHistogram(valueMax: 3_600_000_000)
        #expect(histogram.memoryBytes < 30_000)
        histogram.record(-5)
        histogram.record(Int.max, times: 3)
        histogram.record(7, times: 0)
        #expect(histogram.clamped == 4 && histogram.count == 4)
        #expect(histogram.min == 0 && histogram.max == 3_600_000_000)
        #expect(histogram.quantile(1) == 3_600_000_000)
    }

    @Test("merged histograms equal one histogram of all values")
    func merged() {
        let values = Self.sample(10_000, seed: 7)
        var one = LogLinearHistogram(valueMax: 1 << 32)
        var parts = (0..<3).map { _ in LogLinearHistogram(valueMax: 1 << 32) }
        for (index, value) in values.enumerated() {
            one.record(value)
            parts[index % 3].record(value)
        }
        for part in parts.dropFirst() { parts[0].merge(part) }
        parts[0].merge(LogLinearHistogram(valueMax: 8))
        for share in stride(from: 0, through: 1, by: 0.01) { #expect(parts[0].quantile(share) == one.quantile(share)) }
        #expect(parts[0].sum == one.sum && parts[0].min == one.min && parts[0].max == one.max)
    }

    @Test("a histogram with another range is merged by its values")
    func otherRange() {
        var small = LogLinearHistogram(valueMax: 100)
        var great = LogLinearHistogram(valueMax: 1 << 40)
        great.record(50, times: 2)
        great.record(5000)
        small.merge(great)
        #expect(small.count == 3 && small.clamped == 1 && small.quantile(0.5) == 50 && small.max == 100)
    }

    @Test("an empty histogram has no quantile")
    func empty() {
        var histogram = LogLinearHistogram(valueMax: 10)
        #expect(histogram.quantile(0.5) == nil)
        histogram.record(3)
        histogram.removeAll()
        #expect(histogram.quantile(0.5) == nil && histogram.count == 0 && histogram.min == 0)
    }
}

@Suite("distributions", .limited)
struct MetricDistributionTests {
    @Test("quantiles cover the last one to two minutes, and sum and count everything")
    func window() throws {
        let now = Mutex<Int64>(0)
        let clock: @Sendable () -> Int64 = { now.withLock { $0 } }
        let metrics = Metrics()
        let lag = try metrics.distribution("converge_lag_seconds", "Lag.", scale: 1e-6, clock: clock)
        var batch = lag.batch()
        func record(_ value: Int, at time: Int64) {
            now.withLock { $0 = time }
            batch.record(value)
            lag.take(&batch)
            #expect(batch.count == 0)
        }
        record(1000, at: 0)
        record(5000, at: 61_000)
        #expect(lag.recent.count == 2)
        now.withLock { $0 = 122_000 }
        #expect(lag.recent.count == 1 && lag.recent.max == 5000)
        now.withLock { $0 = 1_000_000 }
        #expect(lag.recent.count == 0 && lag.all.count == 2)
        let told = text(metrics)
        #expect(told.contains("# TYPE converge_lag_seconds summary\nconverge_lag_seconds{quantile=\"0.5\"} NaN\n"))
        #expect(told.hasSuffix("converge_lag_seconds_sum 0.006\nconverge_lag_seconds_count 2\n"))
    }

    @Test("values from several threads are all counted")
    func concurrent() async throws {
        let lag = try Metrics().distribution("lag_seconds", "Lag.", scale: 1)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var batch = lag.batch()
                    for value in 0..<1000 {
                        batch.record(value)
                        if value % 100 == 99 { lag.take(&batch) }
                    }
                }
            }
        }
        #expect(lag.all.count == 4000)
    }
}
