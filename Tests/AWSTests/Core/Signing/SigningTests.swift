import Foundation
import TestSupport
import Testing

@testable import AWS
@testable import HTTPClient
@testable import Platform

@Suite("signing", .limited)
struct SigningTests {
    private static let credentials = AWSCredentials(
        accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        sessionToken: Secret("a token/with+marks="))
    private static let moment = Timestamp("2015-08-30T12:36:00.999Z") ?? .earliest

    @Test("each day, Region, service and access key has one signing key, and the number of cached keys is bounded")
    func cachedKeys() {
        var keys = SigningKeys()
        for _ in 0..<3 {
            _ = keys.key(Self.credentials, region: "eu-west-1", service: "kinesis", at: Self.moment)
        }
        #expect(keys.count == 1)
        let nextDay = Timestamp(milliseconds: Self.moment.milliseconds + 86_400_000)
        #expect(keys.key(Self.credentials, region: "eu-west-1", service: "kinesis", at: nextDay).day == "20150831")
        #expect(keys.count == 2)
        var others = Self.credentials
        others.secretAccessKey = Secret("another")
        _ = keys.key(others, region: "eu-west-1", service: "kinesis", at: nextDay)
        #expect(keys.count == 3)
        for day in 0..<1000 {
            let moment = Timestamp(milliseconds: Int64(day) * 86_400_000)
            _ = keys.key(Self.credentials, region: "eu-west-1", service: "kinesis", at: moment)
            #expect(keys.count <= SigningKeys.keptMax)
        }
    }

    @Test("a token for Amazon MSK is a presigned URL in base64url, with the user agent after the signature")
    func kafkaToken() throws {
        var keys = SigningKeys()
        let token = MSKToken(
            region: "us-east-1", credentials: Self.credentials, keys: &keys, userAgent: "converge/1 (test)", at: Self.moment)
        let spelled = token.token.revealed
        #expect(!spelled.contains("=") && !spelled.contains("+") && !spelled.contains("/"))
        var base64 = spelled.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
        let text = String(decoding: try #require(Data(base64Encoded: base64)), as: UTF8.self)
        #expect(
            text.hasPrefix(
                "https://kafka.us-east-1.amazonaws.com/?Action=kafka-cluster%3AConnect&X-Amz-Algorithm=AWS4-HMAC-SHA256"
                    + "&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fkafka-cluster%2Faws4_request"
                    + "&X-Amz-Date=20150830T123600Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
                    + "&X-Amz-Security-Token=a%20token%2Fwith%2Bmarks%3D&X-Amz-Signature="))
        #expect(text.hasSuffix("&User-Agent=converge%2F1%20%28test%29"))
        #expect(token.expiration == Timestamp("2015-08-30T12:51:00Z"))
    }

    @Test("a token for Amazon MSK expires no later than its credentials")
    func shortToken() {
        var keys = SigningKeys()
        var credentials = Self.credentials
        credentials.expiration = Timestamp("2015-08-30T12:40:00Z")
        let token = MSKToken(region: "us-east-1", credentials: credentials, keys: &keys, userAgent: "c", at: Self.moment)
        #expect(token.expiration == credentials.expiration)
    }

    @Test("no description contains a secret")
    func hidden() throws {
        var keys = SigningKeys()
        let key = keys.key(Self.credentials, region: "eu-west-1", service: "sts", at: Self.moment)
        var request = HTTPRequest(.post, HTTPURL(scheme: .https, host: "h"))
        SigV4.sign(&request, with: key, at: Self.moment)
        let presigned = SigV4.presign(.get, request.url, with: key, at: Self.moment, expires: .seconds(60))
        var form = QueryForm()
        form.append("WebIdentityToken", "with+marks")
        let scratch = try Scratch()
        let file = "[default]\naws_secret_access_key = wJalr"
        let configuration = SharedConfiguration(try scratch.environment(credentials: file))
        let values: [Any] = [
            Self.credentials, Self.credentials.secretAccessKey, keys, key, request, presigned, form, configuration,
            HTTPProxies(Environment(["https_proxy": "http://u:wJalr@proxy"])),
        ]
        let signature = try #require(presigned.query.split(separator: "=").last)
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(reflecting: value), dumped] {
                for secret in ["wJalr", "with+marks", "with%2Bmarks", "Signature=", String(signature)] {
                    #expect(!text.contains(secret), "\(text)")
                }
            }
        }
    }
}
