import Foundation
import Servers
import Testing

@testable import AWS
@testable import HTTPClient

/// An operation, the parameters of it that a caller of botocore would give, and bodies of responses that tests read.
struct ModelCase: CustomTestStringConvertible, Sendable {
    let operation: any AWSOperation
    let params: String
    let responses: [String]
    let codes: [String]

    /// `params`: JSON. `codes`: errors that are told apart.
    init(_ operation: any AWSOperation, _ params: String, _ responses: String..., codes: [String] = []) {
        self.operation = operation
        self.params = params
        self.responses = responses
        self.codes = codes
    }

    var testDescription: String { type(of: operation).name }

    /// What botocore's model makes of each, a list of what differs.
    static func flaws(of cases: [ModelCase]) throws -> [[String]] {
        let scratch = try Scratch()
        let data = try JSONSerialization.data(withJSONObject: cases.map { try $0.described() })
        let file = try scratch.file("cases.json", String(decoding: data, as: UTF8.self))
        let programs = try PythonEnvironment.make("boto", "boto3==1.44.5")
        return try Oracle.lines("operations.py", file, programs: programs).map {
            try JSONDecoder().decode([String].self, from: $0)
        }
    }

    private func described() throws -> [String: Any] {
        let service = type(of: operation).service
        let client = ServiceClient(
            service, region: "us-east-1", endpoint: try #require(HTTPURL("http://127.0.0.1:1")), http: try HTTPClient(),
            credentials: nil)
        let request = client.request(type(of: operation).name, operation.body, nil, operation.line)
        var (wire, version) = ("query", "")
        switch service.wire {
        case .json(let spoken, _): (wire, version) = ("json", spoken)
        case .query: break
        case .restJSON: wire = "rest-json"
        case .restXML: wire = "rest-xml"
        }
        return [
            "service": ModelCase.folder(of: service), "operation": type(of: operation).name, "wire": wire,
            "jsonVersion": version,
            "signingName": service.signingName, "configurationName": service.configurationName,
            "params": try JSONSerialization.jsonObject(with: Data(params.utf8)), "responses": responses, "codes": codes,
            "request": [
                "method": request.method.rawValue, "path": request.url.path, "query": request.url.query,
                "headers": Dictionary(request.headers.map { ($0.name.lowercased(), $0.value) }) { $1 },
                "body": String(decoding: request.body, as: UTF8.self),
            ] as [String: Any],
        ]
    }

    /// What botocore calls the folder of the service's model.
    private static func folder(of service: AWSService) -> String {
        switch service {
        case .eventBridge: "events"
        case .route53: "route53"
        case .dynamoDBStreams: "dynamodbstreams"
        default: service.name.lowercased().replacingOccurrences(of: " ", with: "-")
        }
    }
}
