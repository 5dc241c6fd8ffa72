import HTTPClient
import JSON
import Platform

extension AWSError.Refusal {
    /// What a service's error answer says. Anything that is no answer of the wire format gives an empty code.
    init(_ response: HTTPResponse, _ wire: AWSService.Wire, hiding secrets: [Secret]) {
        status = response.status
        requestID =
            response.header("x-amzn-requestid") ?? response.header("x-amz-request-id") ?? response.header("x-amz-id-2")
        code = ""
        message = ""
        switch wire {
        case .json, .restJSON: readJSON(response)
        case .query, .restXML: readXML(response)
        }
        // A namespace in front, a URL behind: `com.amazonaws.dynamodb.v20120810#Name`, `Name:http://...`.
        if let mark = code.lastIndex(of: "#") { code = String(code[code.index(after: mark)...]) }
        if let colon = code.firstIndex(of: ":") { code = String(code[..<colon]) }
        // A signature that does not match is answered with the canonical request, session token and all.
        for secret in secrets where !secret.revealed.isEmpty {
            message = message.split(separator: secret.revealed, omittingEmptySubsequences: false).joined(separator: "[secret]")
        }
    }

    private mutating func readJSON(_ response: HTTPResponse) {
        let header = response.header("x-amzn-errortype")
        let body = try? response.readJSON { root in
            (
                root.text("__type") ?? root.text("code"),
                root.text("message") ?? root.text("Message") ?? root.text("errorMessage")
            )
        }
        code = header ?? body?.0 ?? ""
        message = body?.1 ?? ""
    }

    private mutating func readXML(_ response: HTTPResponse) {
        response.body.withBytes { body in
            code = XMLText.element("Code", in: body) ?? ""
            message = XMLText.element("Message", in: body) ?? ""
            requestID = requestID ?? XMLText.element("RequestId", in: body)
            // Route 53 has a form of its own for a batch that it does not take: a list of messages.
            if code.isEmpty, let root = XMLElement(document: body), root.name.equals("InvalidChangeBatch") {
                code = root.name.text
                message = root.list("Messages").map(\.text).joined(separator: "; ")
            }
        }
    }
}

extension HTTPResponse {
    /// Reads a body of JSON.
    public func readJSON<Result>(_ read: (JSONValue) -> Result) throws(JSONError) -> Result {
        let parser = JSONParser()
        // The closure's index refers to the parser, which has to outlive it.
        return try withExtendedLifetime(parser) { () throws(JSONError) in
            try body.withBytes { (bytes) throws(JSONError) in read(try parser.parse(bytes).root) }
        }
    }
}
