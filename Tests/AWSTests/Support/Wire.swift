import Testing

@testable import AWS
@testable import HTTPClient
@testable import Platform

/// An operation, and what a service is sent of it.
struct WireCase: CustomTestStringConvertible, Sendable {
    let operation: any AWSOperation
    /// The header `X-Amz-Target`.
    let target: String
    let body: String

    init(_ operation: any AWSOperation, _ target: String, _ body: String) {
        self.operation = operation
        self.target = target
        self.body = body
    }

    var testDescription: String { target }

    func check() throws {
        let client = ServiceClient(
            type(of: operation).service, region: "us-east-1", endpoint: try #require(HTTPURL("http://127.0.0.1:1")),
            http: try HTTPClient(), credentials: nil)
        let request = client.request(type(of: operation).name, operation.body, nil)
        #expect(request.headers.filter { $0.name == "X-Amz-Target" }.map(\.value) == [target])
        #expect(String(decoding: request.body, as: UTF8.self) == body)
    }
}

extension AWSOperation {
    /// What a success with this body says.
    func output(of json: String) throws(UnreadableOutput) -> Output {
        let pool = BufferPool()
        return try output(of: HTTPResponse(status: 200, head: pool.bytes(""), body: pool.bytes(json)))
    }
}

extension BufferPool {
    func bytes(_ text: String) -> PooledBytes {
        let block = take()
        block.buffer.append(text)
        return PooledBytes(block, of: self)
    }
}

extension AWSError {
    /// A service's refusal of an operation.
    init(_ operation: any AWSOperation.Type, _ code: String, _ message: String = "", status: Int = 400, body: String = "") {
        let refusal = Refusal(status: status, code: code, message: message)
        self.init(
            service: operation.service, operation: operation.name, region: "us-east-1",
            cause: .refused(refusal, body: BufferPool().bytes(body)),
            errorClass: ErrorClass(status: status, code: code), attempts: 1)
    }
}
