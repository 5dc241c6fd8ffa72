import Foundation
import TestSupport
import Testing

@testable import API
@testable import HTTPServer
@testable import Platform

@Suite("how a process stands, over HTTP", .limited)
struct StandingRoutesTests {
    private func answer(_ standing: ProcessStanding, _ target: String, as caller: HTTPCaller? = nil) throws -> HTTPResponse {
        var router = HTTPRouter()
        router.addStanding(standing, clock: { Timestamp(milliseconds: 50_000) })
        var request = try #require(HTTPRequest(method: "GET", target: target))
        request.caller = caller
        return router.answer(request)
    }

    private func data(_ answer: HTTPResponse) throws -> [String: Any] {
        let json = try JSONSerialization.jsonObject(with: Data(answer.body.bytes)) as? [String: Any]
        return try #require(json?["data"] as? [String: Any])
    }

    @Test("lag that is not known is null with a reason, and no zero")
    func lag() throws {
        var standing = ProcessStanding()
        standing.lag = {
            ProcessStanding.Lag(
                links: [
                    .init(from: "a", to: "b", lag: 812, age: 0), .init(from: "b", to: "a", lag: nil, age: nil, why: "no row"),
                ], ingest: [.init(region: "a", lag: 0, age: 3)])
        }
        let trend = LagTrend()
        standing.trend = trend
        for (time, lag) in [(10_000, 5), (20_000, nil), (31_000, 7), (32_000, 9)] as [(Int64, Int64?)] {
            trend.take(
                .init(links: [.init(from: "a", to: "b", lag: lag, age: 0)], ingest: []), at: Timestamp(milliseconds: time))
        }
        let text = String(decoding: try answer(standing, "/v1/lag").body.bytes, as: UTF8.self)
        #expect(text.contains(#"{"ageMs":null,"from":"b","lagMs":null,"to":"a","why":"no row"}"#), "\(text)")
        #expect(text.contains(#"{"ageMs":0,"from":"a","lagMs":812,"to":"b","why":null}"#))
        #expect(text.contains(#""begin":"1970-01-01T00:00:10.000Z""#) && text.contains(#""values":[5,null,9]"#), "\(text)")
    }

    @Test("what a process does not have is 404 and says who has it; agents read none of it; there are no parameters")
    func absent() throws {
        for route in ["lag", "streams", "probes", "preflight", "configuration"] {
            let none = try answer(ProcessStanding(), "/v1/\(route)")
            #expect(none.status == 404 && none.contentType == "application/problem+json", "\(route)")
            let agent = HTTPCaller(issuer: "i", subject: "s", scopes: ["read", "operate"], agent: "ann")
            #expect(try answer(ProcessStanding(), "/v1/\(route)", as: agent).status == 403, "\(route)")
            #expect(try answer(ProcessStanding(), "/v1/\(route)?x=1").status == 400, "\(route)")
        }
    }

    @Test("streams, probes and preflight are told as they stand")
    func told() throws {
        var standing = ProcessStanding()
        standing.streams = {
            .init(source: "kafka", shards: [.init(stream: "s", name: "0", lag: nil, unread: 3, position: "9")], areAllRead: nil)
        }
        standing.probes = {
            [.init("traffic", source: "x", region: "a", .unknown, age: nil, evidence: "nobody looked", isEndToEnd: true)]
        }
        standing.preflight = { .init(target: "a", at: nil, items: []) }
        standing.configuration = #"[{"key":"k","value":null}]"#
        let streams = try data(answer(standing, "/v1/streams"))
        let shard = try #require((streams["items"] as? [[String: Any]])?.first)
        #expect(shard["lagMs"] is NSNull && shard["unread"] as? Int == 3 && streams["areAllRead"] is NSNull)
        let probe = try #require((data(answer(standing, "/v1/probes"))["items"] as? [[String: Any]])?.first)
        #expect(probe["state"] as? String == "unknown" && probe["ageMs"] is NSNull && probe["since"] is NSNull)
        #expect(try data(answer(standing, "/v1/preflight"))["at"] is NSNull)
        #expect(try (data(answer(standing, "/v1/configuration"))["items"] as? [[String: Any]])?.count == 1)
    }

    @Test(
        "the trend is bounded, has a gap where nobody looked, and begins anew where the clock went back or a whole hour is missing"
    )
    func trend() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let trend = LagTrend()
            var steps: [Int64: Int64] = [:]
            var step = Int64.random(in: 1...5, using: &random)
            for _ in 0..<Int.random(in: 1...800, using: &random) {
                let value = Int64.random(in: 0...9, using: &random)
                trend.take(
                    .init(links: [], ingest: [.init(region: "a", lag: value, age: 0)]),
                    at: Timestamp(milliseconds: step * LagTrend.stepMilliseconds + Int64.random(in: 0..<10_000, using: &random))
                )
                steps[step] = value
                step += Int64.random(in: 0...3, using: &random)
            }
            let newest = try #require(steps.keys.max()), oldest = try #require(steps.keys.min())
            let first = max(oldest, newest - Int64(LagTrend.stepsMax) + 1)
            let expected = (first...newest).map { steps[$0].map { "\($0)" } ?? "null" }.joined(separator: ",")
            #expect(text(trend).contains("\"values\":[\(expected)]"))
        }
        let trend = LagTrend()
        for time in [100_000, 110_000, 90_000] as [Int64] {
            trend.take(.init(links: [], ingest: [.init(region: "a", lag: time, age: 0)]), at: Timestamp(milliseconds: time))
        }
        #expect(text(trend).contains("\"values\":[90000]"))
        trend.take(.init(links: [], ingest: [.init(region: "a", lag: 1, age: 0)]), at: Timestamp(milliseconds: 9_000_000))
        #expect(text(trend).contains("\"values\":[1]"))
        for region in 0..<100 {
            trend.take(
                .init(links: [], ingest: [.init(region: "\(region)", lag: 1, age: 0)]), at: Timestamp(milliseconds: 9_000_000))
        }
        #expect(text(trend).components(separatedBy: "\"kind\"").count - 1 == LagTrend.seriesMax)
    }

    private func text(_ trend: LagTrend) -> String {
        var standing = ProcessStanding()
        standing.lag = { .init(links: [], ingest: []) }
        standing.trend = trend
        return (try? answer(standing, "/v1/lag")).map { String(decoding: $0.body.bytes, as: UTF8.self) } ?? ""
    }

    @Test("who asks is told as their token says it; a process without tokens says that there is no log-in")
    func me() throws {
        func me(_ wantsTokens: Bool, _ caller: HTTPCaller?) throws -> [String: Any] {
            var router = HTTPRouter()
            router.addIdentity(
                .init(
                    process: "worker", version: "1", region: "a", regions: ["a", "b"], tellsChanges: true, hasFailover: false,
                    missing: wantsTokens ? [] : ["TLS"], wantsTokens: wantsTokens))
            var request = try #require(HTTPRequest(method: "GET", target: "/console/me"))
            request.caller = caller
            let answer = router.answer(request)
            #expect(answer.header("Cache-Control") == "no-store")
            return try #require(try JSONSerialization.jsonObject(with: Data(answer.body.bytes)) as? [String: Any])
        }
        let open = try me(false, nil)
        #expect(open["login"] as? String == "none" && open["isInsecure"] as? Bool == true && open["subject"] is NSNull)
        let known = try me(
            true, HTTPCaller(issuer: "i", subject: "ann", scopes: ["read", "operate"], until: Timestamp(milliseconds: 0)))
        #expect(known["login"] as? String == "token" && known["scopes"] as? [String] == ["operate", "read"])
        #expect(known["subject"] as? String == "ann" && known["expiresAt"] as? String == "1970-01-01T00:00:00.000Z")
    }
}
