import TestSupport
import Testing

@testable import Observability
@testable import converge

@Suite("parsing a scrape of metrics", .limited)
struct PrometheusTextTests {
    @Test("names, labels and numbers are read; comments and empty lines are skipped")
    func reads() throws {
        let text = try PrometheusText(
            #"""
            # HELP a_total What "a" is, {x="1"} 5
            # TYPE a_total counter
            a_total 12

              b { x = "1" , y="a b" , } 1.5e3 1700000000000
            b{x="2",y="\"\\\n"} -0.5\#r
            c{} NaN
            d +Inf
            e:f{le="+Inf"} -Inf
            """#)
        #expect(text.sum("a_total") == 12)
        #expect(text["b"].map(\.labels) == [["x": "1", "y": "a b"], ["x": "2", "y": "\"\\\n"]])
        #expect(text["b"].map(\.value) == [1500, -0.5])
        #expect(text.sum("b") == 1499.5 && text.sums("b", by: "x") == ["1": 1500, "2": -0.5])
        #expect(text.sum("c")?.isNaN == true && text.sum("d") == .infinity && text["e:f"].first?.value == -.infinity)
        #expect(text.sum("nothing") == nil && text["HELP"].isEmpty)
    }

    @Test(
        "the error for an invalid line contains the line number",
        arguments: [
            "a", "a b", "1a{} x", "a{x=1} 2", "a{x=\"1} 2", "a{x=\"1\" 2", "a{x=\"1\"}", "a 1 2 3", "a 1 x", "{x=\"1\"} 2",
            "<html>",
            "a{x=\"1\\",
        ])
    func malformed(line: String) {
        let error = #expect(throws: PrometheusTextError.self) { try PrometheusText("ok 1\n" + line + "\nok 2") }
        #expect(error?.description.hasPrefix("line 2 ") == true)
    }

    @Test("a readiness report is read as it was written")
    func health() throws {
        let report = HealthReport([
            HealthReport.Check("kafka.reachable", isHealthy: false, "no \"broker\"\nat all"),
            HealthReport.Check("b", isHealthy: true),
        ])
        let read = try #require(Array(report.json.utf8).withUnsafeBytes { HealthReport(json: $0) })
        #expect(read.checks.map(\.name) == ["kafka.reachable", "b"] && !read.isHealthy)
        #expect(read.checks.map(\.isHealthy) == [false, true])
        #expect(read.checks.map(\.detail) == ["no \"broker\"\nat all", ""])
        let beside = HealthReport([
            HealthReport.Check("a", isHealthy: true), HealthReport.Check("b", isHealthy: false, isBeside: true),
        ])
        let told = try #require(Array(beside.json.utf8).withUnsafeBytes { HealthReport(json: $0) })
        #expect(
            told.isHealthy && told.checks.map(\.isHealthy) == [true, false] && told.checks.map(\.isBeside) == [false, true])
        #expect(beside.json.hasPrefix(#"{"status":"ok""#))
        for text in ["", "{}", "[]", "{\"checks\":[{}]}", "{\"checks\":7}", "<html>"] {
            #expect(Array(text.utf8).withUnsafeBytes { HealthReport(json: $0) } == nil)
        }
    }

    @Test(
        "quantiles are those of Prometheus's histogram_quantile",
        arguments: [(0.5, 0.15), (0.25, 0.1), (0.2, 0.08), (0.75, 0.2), (0.9, 1), (0.99, 1), (0, 0)])
    func quantiles(share: Double, value: Double) throws {
        let text = try PrometheusText(
            """
            lag_bucket{le="0.1",source="a"} 1
            lag_bucket{le="0.1",source="b"} 1
            lag_bucket{le="0.2",source="a"} 6
            lag_bucket{le="1",source="a"} 6
            lag_bucket{le="+Inf",source="a"} 8
            lag_bucket{le="0.2",source="b"} 0
            lag_bucket{le="1",source="b"} 0
            lag_bucket{le="+Inf",source="b"} 0
            lag_sum 5
            """)
        let counts = try #require(BucketCounts("lag", in: text))
        #expect(abs((counts.quantile(share) ?? -1) - value) < 1e-9)
        #expect(counts.since(counts).quantile(share) == nil)
        #expect(BucketCounts("other", in: text) == nil)
    }
}
