import TestSupport
import Testing

@testable import Observability
@testable import Platform
@testable import converge

@Suite("the screen of converge top", .limited)
struct TopViewTests {
    /// A scrape at a second, of a worker that was started at another.
    private func sample(
        at second: Int, started: Int = 1_000_000, scale: Double = 1, ready: HealthReport? = HealthReport(),
        lags: [Double?] = [0, 0], extra: String = ""
    ) throws -> WorkerSample {
        var text = """
            converge_build_info{version="0.1.0"} 1
            process_start_time_seconds \(started)
            process_resident_memory_bytes 432013312
            converge_records_total \(12_000 * scale)
            converge_record_bytes_total \(24_000_000 * scale)
            converge_events_total{type="agent.HEART_BEAT"} \(10_000 * scale)
            converge_events_total{type="record"} \(1_000 * scale)
            converge_flushes_total \(20 * scale)
            converge_dirty_bytes 1258291
            converge_dead_letters_total{reason="no-stamp"} \(2 * scale)
            converge_dead_letters_total{reason="not-json"} 0
            converge_quarantined_total 0
            converge_kafka_rebalances_total 1
            \(extra)

            """
        for (number, lag) in lags.enumerated() {
            let labels = "{topic=\"connect-agent-events\",partition=\"\(number)\"}"
            text += "converge_kafka_position\(labels) \(500 * scale)\n"
            if let lag { text += "converge_kafka_lag_records\(labels) \(lag)\n" }
        }
        return try #require(WorkerSample(PrometheusText(text), ready: ready, milliseconds: Int64(second) * 1000))
    }

    private func trend(_ samples: WorkerSample...) -> WorkerTrend {
        samples.reduce(into: WorkerTrend()) { $0.add($1) }
    }

    private func text(_ trend: WorkerTrend, _ width: Int = 80, _ height: Int = 24) -> String {
        TopView(url: "http://127.0.0.1:9464", trend: trend, now: 1_093_784).lines(width: width, height: height)
            .map { $0.text + "\n" }.joined()
    }

    @Test("a window of 80 by 24 characters shows readiness, figures and the partitions furthest behind")
    func window() throws {
        let behind = HealthReport([
            HealthReport.Check("kafka.reachable", isHealthy: true),
            HealthReport.Check(
                "kafka.caught-up", isHealthy: false, "48201 records behind, 10000 allowed",
                since: Timestamp(milliseconds: 1_093_712_000)),
        ])
        let lag = """
            converge_end_to_end_lag_seconds_bucket{le="0.5"} 90
            converge_end_to_end_lag_seconds_bucket{le="5"} 99
            converge_end_to_end_lag_seconds_bucket{le="+Inf"} 100
            converge_store_errors_total{call="write"} 3
            converge_oldest_event_age_seconds 75.5
            converge_last_commit_timestamp_seconds 1093780
            converge_waiting_refreshes_age_seconds 40.5
            converge_waiting_refreshes 312
            """
        let lags = (0..<14).map { Double(($0 * 5) % 14 * 1000) } + [nil]
        let fewer = lags.map { $0.map { $0 * 0.9 } }
        let trend = try trend(
            sample(at: 10, ready: behind, lags: lags), sample(at: 12, scale: 2, ready: behind, lags: fewer, extra: lag))
        #expect(
            text(trend) == """
                converge 0.1.0  http://127.0.0.1:9464                                 up 1 d 2 h
                NOT READY
                  kafka.caught-up for 1 min 12 s: 48201 records behind, 10000 allowed

                records/s          6,000    dirty            1.2 MiB    dead letters      4 (+2)
                events/s           5,500    resident       412.0 MiB    quarantined            0
                MB/s                12.0    end-to-end p50    278 ms    store errors      3 (+3)
                flushes/s           10.0    end-to-end p99     5.0 s    rebalances             1
                oldest event      75.5 s    last commit        4.0 s    oldest refresh    40.5 s

                dead letters: no-stamp 4
                store errors: write 3
                (+n): in the last minute

                81,900 records behind in 15 partitions, 1 of them not yet known
                TOPIC                 PARTITION  BEHIND  CHANGE/S  READ/S
                connect-agent-events         14       ?         -     250
                connect-agent-events         11  11,700      -650     250
                connect-agent-events          8  10,800      -600     250
                connect-agent-events          5   9,900      -550     250
                connect-agent-events          2   9,000      -500     250
                connect-agent-events         13   8,100      -450     250
                connect-agent-events         10   7,200      -400     250
                and 8 more, 25,200 records behind in total

                """)
        let report = TopReport(url: "u", trend: trend).json
        #expect(report.hasPrefix(#"{"url":"u","version":"0.1.0","startedSeconds":1000000,"ready":false,"failing":[{"name":"#))
        #expect(report.contains(#"10000 allowed","since":"1970-01-13T15:48:32.000Z"}"#))
        #expect(
            report.contains(#""oldestEventAgeSeconds":75.5,"waitingRefreshes":312,"waitingRefreshesAgeSeconds":40.5,"#))
        #expect(report.contains(#""recordsPerSecond":6000,"#) && report.contains(#""deadLetters":{"no-stamp":4,"not-json":0}"#))
        #expect(report.contains(#""partition":"14","lagRecords":null,"lagChangePerSecond":null,"recordsPerSecond":250,"#))
        #expect(report.contains(#""partition":"11","lagRecords":11700,"lagChangePerSecond":-650,"#))
    }

    @Test("the output stays within a window of any size")
    func sizes() throws {
        let ready = HealthReport([HealthReport.Check("a", isHealthy: false, String(repeating: "long ", count: 100))])
        let trend = try trend(sample(at: 1, ready: ready, lags: Array(repeating: 1e12, count: 50)))
        let away = TopView.Away(String(repeating: "no answer ", count: 30), since: 0)
        for width in [0, 1, 5, 20, 40, 80, 120, 200] {
            for height in [0, 1, 2, 5, 12, 24, 40, 100] {
                for view in [
                    TopView(url: "http://x", trend: trend, now: 0), TopView(url: "http://x", trend: WorkerTrend(), now: 0),
                    TopView(url: "http://x", trend: trend, away: away, now: 5),
                ] {
                    let lines = view.lines(width: width, height: height)
                    #expect(lines.count <= height && lines.allSatisfy { $0.text.count <= width }, "\(width) by \(height)")
                }
            }
        }
    }

    @Test("rates are unknown until there are two samples and after a restart of the worker, and are never negative")
    func restarts() throws {
        var trend = try trend(sample(at: 1))
        #expect(trend.rate(\.records) == nil && text(trend).contains("records/s              -"))
        trend.add(try sample(at: 2, scale: 3))
        #expect(trend.rate(\.records) == 24_000 && trend.gain { $0.deadLetters["no-stamp"] } == 4)
        trend.add(try sample(at: 3, started: 1_000_002, scale: 4))
        #expect(trend.rate(\.records) == nil && trend.gain(\.records) == 0)
        trend.add(try sample(at: 4, started: 1_000_002, scale: 5))
        #expect(trend.rate(\.records) == 12_000)
        trend.add(try sample(at: 5, started: 1_000_002, scale: 1))
        #expect(trend.rate(\.records) == nil && trend.lanes.allSatisfy { $0.rate == nil && $0.lagChange == nil })
    }

    @Test("samples older than a minute are dropped at any interval, so memory is bounded")
    func window60() throws {
        var trend = WorkerTrend()
        for second in 0..<300 { trend.add(try sample(at: second, scale: Double(second))) }
        #expect(trend.gain(\.records) == 12_000 * 61)
        var slow = WorkerTrend()
        for minute in 0..<5 { slow.add(try sample(at: minute * 600, scale: Double(minute))) }
        #expect(slow.gain(\.records) == 12_000 && slow.rate(\.records) == 20)
    }

    @Test("a new partition has no rate yet, and a partition that was revoked is not shown")
    func partitions() throws {
        let trend = try trend(sample(at: 1, lags: [5]), sample(at: 2, lags: [5, 7]))
        #expect(trend.lanes.map(\.lane.partition) == ["1", "0"] && trend.lanes.map(\.lagChange) == [nil, 0])
        let fewer = try self.trend(sample(at: 1, lags: [5, 7]), sample(at: 2, lags: []))
        #expect(fewer.lanes.isEmpty && text(fewer).contains("no partitions"))
    }

    @Test("for a worker that does not respond, the screen shows the reason and the duration; for a ready worker it shows READY")
    func away() throws {
        let away = TopView.Away("no response from http://x (refused); is 'converge run' up?", since: 100)
        let lines = TopView(url: "http://x", trend: try trend(sample(at: 1)), away: away, now: 175).lines(width: 40, height: 10)
        #expect(
            lines.map(\.text) == [
                "converge  http://x", "NO RESPONSE for 1 min 15 s", "no response from http://x (refused); is",
                "'converge run' up?",
                "",
                "retrying; q quits",
            ])
        #expect(lines[1].weight == .alarm)
        #expect(text(try trend(sample(at: 1))).contains("\nREADY\n"))
        #expect(text(try trend(sample(at: 1, ready: nil))).contains("READINESS UNKNOWN"))
    }

    @Test("control characters from the worker are escaped, and the metrics of another program are refused")
    func hostile() throws {
        let evil = HealthReport([HealthReport.Check("a\u{1B}[2J", isHealthy: false, "b\nc")])
        #expect(text(try trend(sample(at: 1, ready: evil))).contains("a\\u001B[2J: b\\u000Ac\n"))
        #expect(WorkerSample(try PrometheusText("up 1\n"), ready: nil, milliseconds: 0) == nil)
    }

    @Test(
        "figures are abbreviated with a unit",
        arguments: [
            (shortTime(0.0004), "0.4 ms"), (shortTime(0.25), "250 ms"), (shortTime(2.34), "2.3 s"),
            (shortTime(125), "2 min 5 s"),
            (sizeText(0), "0 B"), (sizeText(1023), "1,023 B"), (sizeText(1_048_576), "1.0 MiB"), (sizeText(5e15), "4547.5 TiB"),
            (rateText(0), "0"), (rateText(0.05), "0.05"), (rateText(99.96), "100.0"), (rateText(1234.5), "1,235"),
            (changeText(3), "+3"), (changeText(-1200), "-1,200"), (changeText(0), "0"), (duration(90_061), "1 d 1 h"),
        ])
    func figures(text: String, expected: String) {
        #expect(text == expected)
    }

    @Test(
        "for a worker on Kinesis, the screen shows its shards, the furthest behind first, and the replication from other Regions"
    )
    func kinesis() throws {
        let stream = "arn:aws:kinesis:us-east-1:111122223333:stream/agents"
        let behind = (0..<40).map {
            "converge_kinesis_behind_seconds{stream=\"\(stream)\",shard=\"shardId-\(100 + $0)\"} \($0 == 7 ? 75.5 : 0.02)\n"
        }.joined()
        let extra = """
            converge_kinesis_held_shards 40
            converge_replication_lag_seconds{from="us-west-2",to="us-east-1"} 0.812
            \(behind)
            """
        let lines = text(try trend(sample(at: 0, lags: [], extra: extra))).split(separator: "\n").map(String.init)
        #expect(lines.contains("replication: from us-west-2 812 ms"))
        let first = try #require(lines.firstIndex(of: "75.5 s behind in 40 shards"))
        #expect(lines[first + 1] == "SHARD               BEHIND")
        #expect(lines[first + 2] == "agents/shardId-107  75.5 s")
        #expect(lines[first + 3] == "agents/shardId-100  20 ms")
        #expect(lines.last?.hasPrefix("and ") == true)
        let none = text(try trend(sample(at: 0, lags: [], extra: "converge_kinesis_held_shards 0")))
        #expect(none.contains("no shards"))
    }
}
