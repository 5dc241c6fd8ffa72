import Failover
import FailoverCore
import Foundation
import TestSupport
import Testing

/// `CONVERGE_WRITE_REPORTS=1 swift test --filter ReportFormatTests` writes the expected pages anew.
@Suite("the formats of a report", .limited)
struct ReportFormatTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    /// 2026-11-30T18:00:00Z
    private static let start: Int64 = 1_796_061_600_000
    private static let (east, west) = ("us-east-1", "us-west-2")

    private static func terms(_ cause: Intent.Cause, author: String, evidence: [String], plan: String? = nil) -> [Intent] {
        let group = "arn:aws:connect:us-east-1:111122223333:traffic-distribution-group/1"
        func groups(_ share: Int) -> [GroupShares] {
            [GroupShares(group: group, shares: Shares(west, share: share, other: east, hasSignIn: true))]
        }
        return [
            Intent(
                term: 7, groups: groups(100), cause: cause, author: author, actor: west, evidence: evidence, token: "t",
                proposedAt: start + 45_000, plan: plan),
            Intent(
                term: 6, groups: groups(50), cause: .adopted, author: "controller us-west-2/3f9c", actor: "", evidence: [],
                token: "s", proposedAt: start - 86_400_000),
        ]
    }

    private static func entry(_ kind: JournalEntry.Kind, _ term: Int64, _ seconds: Double, _ lines: [String]) -> JournalEntry {
        JournalEntry(kind: kind, term: term, author: "us-west-2/3f9c", at: start + Int64(seconds * 1_000), lines: lines)
    }

    /// A failover in which everything is known.
    private static var failover: FailoverReport? {
        let landing = Landing(
            term: 7, gaining: west, losing: east, began: start + 45_400, until: start + 400_000, firstStart: start + 49_100,
            factBefore: start + 2_300, readAt: start + 46_100, factNewest: start + 2_900,
            minutes: [(12, 11), (13, 12), (3, 12), (0, 22), (0, 25), (0, 24)].enumerated().map { index, counts in
                Landing.Minute(start: start - 120_000 + Int64(index) * 60_000, gaining: counts.1, losing: counts.0)
            }, agentsBefore: 100, agentsBack: 93, half: start + 141_000, most: start + 352_000)
        return FailoverReport(
            of: 7,
            terms: terms(
                .automatic, author: "controller us-west-2/3f9c",
                evidence: [
                    "us-east-1 traffic (starts): 0 of 36 expected contacts started from 18:00 to 18:03",
                    "us-east-1 connect-api (connect-api): 4 questions in a row were not answered, for 21 s",
                    "peer-unhealthy: 2 independent signals of 2 that it takes say that us-east-1 does not serve",
                    "own-healthy: us-west-2 serves, as far as is known",
                ]),
            history: [
                entry(.suspected, 0, 28, ["us-east-1 traffic (starts): 0 of 36 expected contacts started"]),
                entry(.committed, 7, 45, ["automatic: us-east-1 0 %, us-west-2 100 %; sign-in us-west-2"]),
                entry(.sent, 7, 45.4, ["…/1: us-east-1 0 %, us-west-2 100 %"]),
                entry(.verified, 7, 47.25, ["all groups show it, and every answer was heard"]),
                entry(.landed, 7, 400, landing.lines),
            ])
    }

    /// A drill of which little is known, by somebody with a name that would be markup.
    private static var drill: FailoverReport? {
        FailoverReport(
            of: 7,
            terms: terms(
                .drill, author: "<script>alert('x')</script> | [a](http://b) *c* _d_ & \"e\"",
                evidence: [
                    "a line\nof two, \u{1B}[31mred, \u{202E}reversed", "# no heading", "![i](https://tracker/i.png) www.x.org",
                ],
                plan: "drill/d1/us-east-1/600/out"), history: [])
    }

    @Test("are what they were", arguments: ["failover", "drill"], ["json", "md", "html"])
    func golden(name: String, format: String) throws {
        let report = try #require(name == "drill" ? Self.drill : Self.failover)
        let text = format == "json" ? report.json : format == "md" ? report.markdown : report.html
        let file = Self.folder.appending(path: "\(name).\(format)")
        if ProcessInfo.processInfo.environment["CONVERGE_WRITE_REPORTS"] != nil { try Data(text.utf8).write(to: file) }
        let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        #expect(text == expected, "run the test with CONVERGE_WRITE_REPORTS=1 and look at what changed")
    }

    @Test("let nothing from outside be markup, a link, or a control character")
    func escaped() throws {
        let report = try #require(Self.drill)
        for forbidden in ["<script", "\u{1B}", "\u{202E}", "two,\n", "'x'"] { #expect(!report.html.contains(forbidden)) }
        for forbidden in ["<script", "\u{1B}", "\u{202E}", "[a](", "\n# no", "![", "https://", "www.x"] {
            #expect(!report.markdown.contains(forbidden))
        }
        #expect(report.html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"))
        let read = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any]
        #expect((read?["signals"] as? [String])?.first == "a line\nof two, \u{1B}[31mred, \u{202E}reversed")
    }

    @Test("the page is well-formed, needs nothing from outside, and has words for its pictures")
    func page() throws {
        for report in [Self.failover, Self.drill] {
            let html = try #require(report).html
            for forbidden in ["<script", "src=", "href=", "url(", "@import", "<link", "<iframe", "<object"] {
                #expect(!html.contains(forbidden))
            }
            // HTML's void elements closed, it is XML.
            let xml = html.replacingOccurrences(of: "<br>", with: "<br/>").replacingOccurrences(
                of: "(<meta [^>]*)>", with: "$1/>", options: .regularExpression)
            let parser = WellFormed()
            #expect(parser.accepts(xml.replacingOccurrences(of: "<!DOCTYPE html>\n", with: "")), "\(parser.problem)")
            #expect(html.components(separatedBy: "<svg ").count == html.components(separatedBy: "<desc ").count)
            #expect(html.contains("prefers-color-scheme: dark"))
        }
    }
}

/// Whether every tag that opens closes, in order; attributes quoted.
private final class WellFormed {
    private(set) var problem = ""

    func accepts(_ xml: String) -> Bool {
        var open: [Substring] = []
        var rest = xml[...]
        while let at = rest.firstIndex(of: "<") {
            rest = rest[at...]
            guard let end = rest.firstIndex(of: ">") else { return fail("a tag is not ended: \(rest.prefix(40))") }
            let tag = rest[rest.index(after: rest.startIndex)..<end]
            let name = tag.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber }
            if tag.hasPrefix("/") {
                guard open.popLast() == name else { return fail("</\(name)> closes another") }
            } else if !tag.hasSuffix("/") {
                open.append(name)
            }
            guard tag.count(where: { $0 == "\"" }) % 2 == 0 else { return fail("a quote is open in <\(tag)>") }
            rest = rest[rest.index(after: end)...]
        }
        return open.isEmpty || fail("<\(open.last ?? "")> is not closed")
    }

    private func fail(_ why: String) -> Bool {
        problem = why
        return false
    }
}
