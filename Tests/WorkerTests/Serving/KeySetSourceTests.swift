import Foundation
import Servers
import TestSupport
import Testing
import Tokens

@testable import Platform
@testable import Worker

/// What an issuer answers is as hostile as any other input.
@Suite("key sets from an issuer that does harm", .waiting(minutes: 5))
struct KeySetSourceTests {
    @Test(
        "a set without an end, one that does not come, and one that is said to be elsewhere are none; an honest one after that is read"
    )
    func harm() throws {
        let provider = try TokenProvider()
        let settings = try WorkerSettings(flags: [
            "--kafka-bootstrap-servers", "a", "--kafka-topics", "t", "--http-tokens-issuers", provider.issuer,
            "--http-tokens-audiences", "converge",
        ])
        let sources = try #require(settings.http?.tokens?.sources)
        let source = try KeySetSource(sources, Environment(["AWS_CA_BUNDLE": provider.certificate]))
        func fetch() throws -> (bytes: Int?, why: String) {
            switch source.fetch(try #require(sources.first).issuer) {
            case .success(let bytes): (bytes.count, "")
            case .failure(let problem): (nil, "\(problem)")
            }
        }
        for (trick, why) in [("huge", "\(KeySet.bytesMax)"), ("slow", "timed out"), ("redirect", "302")] {
            try provider.tell(trick)
            let fetched = try fetch()
            #expect(fetched.bytes == nil && fetched.why.contains(why), "\(trick): \(fetched)")
        }
        #expect(try provider.tell("redirected") == "0", "nobody follows")
        try provider.tell("honest")
        #expect(try fetch().bytes.map { $0 > 100 } == true)
    }
}
