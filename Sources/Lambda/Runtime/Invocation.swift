import HTTPClient
import Platform

/// An invocation, as AWS Lambda hands it over.
struct Invocation: Sendable {
    let requestID: String
    /// Milliseconds since 1970; nil where it is not told.
    let deadline: Int64?
    /// Of AWS X-Ray: it goes into the log, and the function asks nobody who would take it on.
    let trace: String?
    let event: PooledBytes

    /// Nil where the answer to "next" names no invocation.
    init?(_ response: HTTPResponse) {
        guard let id = response.header("lambda-runtime-aws-request-id"), (1...128).contains(id.utf8.count),
            id.utf8.allSatisfy({ Invocation.isIDByte($0) })
        else { return nil }
        requestID = id
        deadline = response.header("lambda-runtime-deadline-ms").flatMap { Int64($0) }
        trace = response.header("lambda-runtime-trace-id")
        event = response.body
    }

    /// Milliseconds that are left for the work, with ``marginMilliseconds`` for the answer's way back; nil where nothing is told.
    func remaining(_ now: Timestamp) -> Int64? { deadline.map { $0 - now.milliseconds - Invocation.marginMilliseconds } }

    static let marginMilliseconds: Int64 = 50

    private static func isIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
