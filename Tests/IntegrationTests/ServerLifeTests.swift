import Foundation
import TestSupport
import Testing

@Suite("servers that tests start", .waiting(minutes: 5))
struct ServerLifeTests {
    @Test("a broker ends with the process that started it, even if that is killed")
    func killed() async throws {
        let result = try await #require(processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]) {
            let broker = try Broker()
            print("port", broker.port)
            fflush(nil)
            kill(getpid(), SIGKILL)
        }
        let output = String(decoding: result.standardOutputContent, as: UTF8.self)
        let words = output.split(whereSeparator: \.isWhitespace)
        let port = try #require(words.last.flatMap { Int($0) }, "\(output)")
        try eventually("nobody listens on port \(port)") { (try? RawHTTPClient(port: port)) == nil }
    }
}
