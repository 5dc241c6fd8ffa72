import Failover
import FailoverCore
import Foundation
import HTTPClient
import Platform
import Servers
import TestSupport
import Testing

@Suite("what a synthetic call system and people say", .waiting(minutes: 5))
struct TellingSourcesTests {
    private static let wall = Timestamp("2026-11-30T18:05:00Z")!.milliseconds
    private static let regions = ["us-east-1", "us-west-2"]

    private static func report(
        _ region: String = "us-east-1", _ state: String = "unhealthy", at: String = "2026-11-30T18:04:00Z", tried: String = "3",
        answered: String = "0"
    ) -> String {
        #"{"region":"\#(region)","state":"\#(state)","at":"\#(at)","callsTried":\#(tried),"callsAnswered":\#(answered)}"#
    }

    private func look(_ path: String, body: String? = nil, tokenFile: String? = nil) throws -> [Signal] {
        var url = try LoopbackServer.url(path)
        if let body { url.appendQuery("body", body) }
        if tokenFile != nil { url.appendQuery("token", "hush") }
        let source = try SyntheticSource(
            HTTPClient(), url, tokenFile: tokenFile, regions: Self.regions, ageMax: 300_000, counts: .init(),
            wall: { Self.wall })
        let look = source.look(now: 1_000_000)
        #expect(look.nextAt == 1_010_000)
        #expect(look.signals.map(\.region) == Self.regions)
        return look.signals
    }

    @Test(
        "a report says of each Region what it names, and anything else is unknown",
        arguments: [
            (
                "/say/200", #"{"regions":[\#(report()),\#(report("us-west-2", "healthy", answered: "3"))]}"#,
                SignalState.unhealthy, SignalState.healthy
            ),
            ("/say/200", #"{"regions":[\#(report())]}"#, .unhealthy, .unknown),
            ("/say/200", #"{"regions":[\#(report(at: "2026-11-30T17:59:59Z"))]}"#, .unknown, .unknown),
            ("/say/200", #"{"regions":[]}"#, .unknown, .unknown),
            ("/say/200", #"{"regions":[\#(report("us-east-1", "ill"))]}"#, .unknown, .unknown),
            ("/say/200", #"{"regions":[\#(report(at: "yesterday"))]}"#, .unknown, .unknown),
            ("/say/200", #"{"regions":[\#(report(tried: "null"))]}"#, .unknown, .unknown),
            ("/say/200", #"[\#(report())]"#, .unknown, .unknown),
            ("/say/200", "all is well", .unknown, .unknown),
            ("/say/500", #"{"regions":[\#(report())]}"#, .unknown, .unknown),
            ("/say/404", #"{"regions":[\#(report())]}"#, .unknown, .unknown),
            ("/reset", nil, .unknown, .unknown), ("/hang", nil, .unknown, .unknown), ("/big/70000", nil, .unknown, .unknown),
        ] as [(String, String?, SignalState, SignalState)])
    func reports(path: String, body: String?, there: SignalState, here: SignalState) throws {
        let signals = try look(path, body: body)
        #expect(signals.map(\.state) == [there, here], "\(signals.map(\.evidence))")
        #expect(signals.allSatisfy { $0.path == SignalPath(.outside("synthetic/127.0.0.1")) })
    }

    @Test("the newest report of a Region counts, and the signal is as old as its calls")
    func newest() throws {
        let old = Self.report("us-east-1", "healthy", at: "2026-11-30T18:02:00Z", answered: "3")
        let signal = try #require(look("/say/200", body: #"{"regions":[\#(Self.report()),\#(old)]}"#).first)
        #expect(signal.state == .unhealthy)
        #expect(signal.observedAt == 1_000_000 - 60_000)
    }

    @Test("the token comes out of a file, is renewed there, and is told to nobody")
    func token() throws {
        let path = NSTemporaryDirectory() + "converge-token-\(UUID().uuidString)"
        defer { unlink(path) }
        let body = #"{"regions":[\#(Self.report())]}"#
        let missing = try #require(look("/say/200", body: body, tokenFile: path).first)
        #expect(missing.state == .unknown)
        #expect(missing.evidence.contains("cannot open"))
        for (text, state) in [("hush\n", SignalState.unhealthy), ("wrong", .unknown), ("two words", .unknown), ("", .unknown)] {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let signal = try #require(look("/say/200", body: body, tokenFile: path).first)
            #expect(signal.state == state, "\(text): \(signal.evidence)")
            #expect(
                !signal.evidence.contains("hush") && !signal.evidence.contains("wrong")
                    && !signal.evidence.contains("two words"))
        }
    }

    @Test(
        "people's words are lines of a file; one that cannot be read takes all with it, and is named",
        arguments: [
            (nil, SignalState.unknown, "nobody has said anything"),
            ("", .unknown, "nobody has said anything"),
            (
                "us-east-1 unhealthy 2026-11-30T18:04:00Z callers hear silence\n", .unhealthy,
                "a person said 1 min ago: unhealthy, callers hear silence"
            ),
            (
                "# on call: 2nd level\n\nus-east-1 healthy 2026-11-30T18:05:00Z\n", .healthy,
                "a person said 0 min ago: healthy, no reason given"
            ),
            (
                "us-east-1 unhealthy 2026-11-30T18:01:00Z x\nus-east-1 unknown 2026-11-30T18:02:00Z taken back", .unknown,
                "a person said 3 min ago: unknown, taken back"
            ),
            (
                "us-east-1 unhealthy 2026-11-30T18:04:00Z x\nus-east-1 fine 2026-11-30T18:04:00Z", .unknown,
                "line 2 of FILE is not REGION STATE TIME WHY"
            ),
            ("us-east-1 unhealthy now x", .unknown, "line 1 of FILE is not REGION STATE TIME WHY"),
        ] as [(String?, SignalState, String)])
    func words(text: String?, state: SignalState, evidence: String) throws {
        let path = NSTemporaryDirectory() + "converge-word-\(UUID().uuidString)"
        defer { unlink(path) }
        try text?.write(toFile: path, atomically: true, encoding: .utf8)
        let signals = WordSource(path: path, regions: Self.regions, wall: { Self.wall }).look(now: 5_000).signals
        #expect(signals.map(\.state) == [state, .unknown])
        #expect(signals.first?.evidence == evidence.replacing("FILE", with: path))
    }
}
