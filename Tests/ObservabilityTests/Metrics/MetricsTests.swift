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
        try metrics.observe("converge_dirty_bytes", "Dirty bytes.") { [MetricReading(1.5)] }
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

    @Test("a counter only increases")
    func counter() throws {
        let metrics = Metrics()
        let flushes = try metrics.counters("converge_flushes_total", "Flushes.", labels: []).with()
        flushes.add(15)
        flushes.add(-5)
        flushes.add(0)
        #expect(flushes.value == 15 && text(metrics).hasSuffix("converge_flushes_total 15\n"))
    }

    /// The reported lines of a histogram, without its help.
    private func reported(_ histogram: Histogram, bounds: [Int64], scale: Double) throws -> String {
        let metrics = Metrics()
        try metrics.observe("t", "T.", bounds: bounds, scale: scale) { histogram }
        return text(metrics).split(separator: "\n").dropFirst(2).map { $0.dropFirst() }.joined(separator: "\n")
    }

    @Test("a histogram by powers of two is reported with the configured bounds, in their unit")
    func powersOfTwo() throws {
        var lags = Histogram()
        for lag in [1, 2, 3, 4, 5, 9] { lags.add(Int64(lag)) }
        lags.add(3_000, times: 2)
        #expect(
            try reported(lags, bounds: [2, 4, 8], scale: 0.001) == """
                _bucket{le="0.002"} 2
                _bucket{le="0.004"} 4
                _bucket{le="0.008"} 5
                _bucket{le="+Inf"} 8
                _sum 6.024
                _count 8
                """)
    }

    @Test("each bucket of a histogram counts the values up to its bound")
    func histogram() throws {
        let bounds: [Int64] = [5_000_000, 100_000_000, 1_000_000_000]
        var writes = Histogram(bounds: bounds)
        for nanoseconds: Int64 in [0, 5_000_000, 5_000_002, 100_000_000, 1_000_000_000, 2_000_000_000] {
            writes.add(nanoseconds)
        }
        writes.add(50_000_000, times: 10)
        #expect(
            try reported(writes, bounds: bounds, scale: 1e-9) == """
                _bucket{le="0.005"} 2
                _bucket{le="0.1"} 14
                _bucket{le="1"} 15
                _bucket{le="+Inf"} 16
                _sum 3.610000002
                _count 16
                """)
    }

    @Test(
        "the reported buckets are those that counting by hand gives",
        arguments: [(10...34, 1), (0...16, 0.001), (0...25, 0.001)] as [(ClosedRange<Int>, Double)])
    func counted(exponents: ClosedRange<Int>, scale: Double) throws {
        let bounds = exponents.map { Int64(1) << Int64($0) }
        var numbers: [Int64] = [-3, 0, 1, .max >> 20]
        var state: UInt64 = 1
        for shift in 0..<40 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            numbers += [1 << shift, 1 << shift + 1, Int64(state >> 24) >> Int64(shift)]
        }
        var histogram = Histogram()
        for number in numbers { histogram.add(number) }
        let buckets = bounds.map { bound in
            "_bucket{le=\"\(number(Double(bound) * scale))\"} \(numbers.count(where: { $0 <= bound }))\n"
        }
        let sum = numbers.reduce(0) { $0 + Double(max($1, 0)) } * scale
        #expect(
            try reported(histogram, bounds: bounds, scale: scale)
                == buckets.joined() + "_bucket{le=\"+Inf\"} \(numbers.count)\n_sum \(number(sum))\n_count \(numbers.count)")
    }

    @Test("labels and help are escaped")
    func escapes() throws {
        let metrics = Metrics()
        try metrics.observe("g", "one\\two\nthree", labels: ["l"]) { [MetricReading(1, labels: ["a\"b\\c\nd"])] }
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
    }

    @Test("missing labels are empty, and surplus labels are omitted")
    func labelCount() throws {
        let metrics = Metrics()
        let family = try metrics.counters("c_total", "C.", labels: ["a", "b"])
        family.with("x").add(1)
        family.with("x", "y", "z").add(2)
        #expect(text(metrics).contains("c_total{a=\"x\",b=\"\"} 1\n"))
        #expect(text(metrics).contains("c_total{a=\"x\",b=\"y\"} 2\n"))
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
        func observe(_ name: String, _ help: String = "B.", labels: [String] = []) throws {
            try metrics.observe(name, help, labels: labels) { [] }
        }
        try observe("a")
        #expect(throws: MetricsError.self) { try observe("a") }
        #expect(throws: MetricsError.self) { try metrics.counters("a_count", "A.", labels: []) }
        for name in ["", "1a", "a-b", "ä", "a b"] { #expect(throws: MetricsError.self) { try observe(name) } }
        for label in ["le", "quantile", "__a", "a:b", ""] {
            #expect(throws: MetricsError.self) { try observe("b", labels: [label]) }
        }
        #expect(throws: MetricsError.self) { try observe("b", labels: ["x", "x"]) }
        #expect(throws: MetricsError.self) { try observe("b", "") }
        for bounds in [[], [1, 1], [2, 1]] as [[Int64]] {
            #expect(throws: MetricsError.self) { try metrics.observe("b", "B.", bounds: bounds, scale: 1) { Histogram() } }
        }
    }

    @Test("concurrent updates of threads are all counted")
    func concurrent() async throws {
        let metrics = Metrics()
        let counter = try metrics.counters("c_total", "C.", labels: []).with()
        let family = try metrics.counters("f_total", "F.", labels: ["l"])
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for _ in 0..<5000 { counter.add(2) }
                    family.with("\(task % 2)").add()
                }
            }
        }
        #expect(counter.value == 80_000)
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
