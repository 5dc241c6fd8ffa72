import Foundation
import TestSupport
import Testing

@testable import AWS
@testable import HTTPClient
@testable import Platform

/// Botocore's signer beside ours, on random requests.
@Suite("Signature Version 4 compared with botocore", .waiting(minutes: 5))
struct SignatureOracleTests {
    struct Case: Decodable {
        var method: String
        var url: String
        var region: String
        var service: String
        var milliseconds: Int64
        var access: String
        var secret: String
        var token: String?
        var headers: [[String]]?
        var body: String?
        var authorization: String?
        var date: String?
        var expires: Int?
        var presigned: String?

        var credentials: AWSCredentials {
            AWSCredentials(accessKeyID: access, secretAccessKey: Secret(secret), sessionToken: token.map { Secret($0) })
        }
    }

    static let cases = Result {
        let seed = ProcessInfo.processInfo.environment["CONVERGE_TEST_SEED"] ?? "1"
        return try Oracle.lines("signatures.py", "2000", seed).map { try JSONDecoder().decode(Case.self, from: $0) }
    }

    @Test("the Authorization header equals botocore's")
    func headers() throws {
        var keys = SigningKeys()
        var compared = 0
        for one in try Self.cases.get() {
            guard let authorization = one.authorization else { continue }
            var request = HTTPRequest(
                try #require(HTTPMethod(rawValue: one.method)), try #require(HTTPURL(one.url), "\(one.url)"),
                headers: (one.headers ?? []).map { HTTPHeader($0[0], $0[1]) }, body: Array((one.body ?? "").utf8))
            let moment = Timestamp(milliseconds: one.milliseconds)
            let key = keys.key(one.credentials, region: one.region, service: one.service, at: moment)
            SigV4.sign(&request, with: key, at: moment)
            // Signed a second time, as a retry is: what the first left behind is replaced.
            SigV4.sign(&request, with: key, at: moment)
            #expect(request.headers.filter { $0.name == "Authorization" }.map(\.value) == [authorization], "\(one)")
            #expect(request.headers.filter { $0.name == "X-Amz-Date" }.map(\.value) == [try #require(one.date)])
            compared += 1
        }
        #expect(compared >= 1000)
    }

    @Test("a presigned query equals botocore's")
    func queries() throws {
        var keys = SigningKeys()
        var compared = 0
        for one in try Self.cases.get() {
            guard let presigned = one.presigned, let expires = one.expires else { continue }
            let moment = Timestamp(milliseconds: one.milliseconds)
            let key = keys.key(one.credentials, region: one.region, service: one.service, at: moment)
            let url = SigV4.presign(
                try #require(HTTPMethod(rawValue: one.method)), try #require(HTTPURL(one.url)), with: key, at: moment,
                expires: .seconds(expires))
            #expect(url.query == presigned, "\(one)")
            compared += 1
        }
        #expect(compared >= 100)
    }
}
