public import HTTPClient
public import JSON

/// One operation of a service: what its request says, and what its response does. Each has a file of its own in the folder of its
/// service, and is run by a ``ServiceClient``:
///
///     let page = try client.perform(DynamoDB.ListTables())
///     client.submit(Kinesis.GetShardIterator(stream, shard: shard, from: .latest)) { result in .. }
///
/// When an operation is run, and what an error of it means for whoever ran it, is the caller's to decide. A service's errors are told apart
/// in one place of its folder: ``DynamoDB/Failure``, ``Kinesis/Failure``.
public protocol AWSOperation: Sendable {
    associatedtype Output: Sendable
    static var service: AWSService { get }
    /// As the service calls it: `GetRecords`.
    static var name: String { get }
    /// The resource it is sent to; nil where the protocol has one for all.
    var line: RequestLine? { get }
    /// The request's body.
    var body: [UInt8] { get }
    /// What a success says.
    func output(of response: HTTPResponse) throws(UnreadableOutput) -> Output
}

/// Why a service's response cannot be used: it does not say what it is documented to.
public struct UnreadableOutput: Error, Equatable, CustomStringConvertible, Sendable {
    public let description: String

    public init(_ description: String) { self.description = description }

    /// The response lacks something, or has it in another form.
    public static func malformed(_ what: String) -> UnreadableOutput { UnreadableOutput("it is malformed: \(what)") }
}

extension AWSOperation {
    public var line: RequestLine? { nil }
}

extension AWSOperation where Output == Void {
    public func output(of response: HTTPResponse) {}
}

/// An operation whose response is read whole, as JSON.
public protocol AWSJSONOperation: AWSOperation {
    /// Nil where the response lacks what it is documented to say. `root` is valid during the call.
    func output(_ root: JSONValue) -> Output?
}

extension AWSJSONOperation {
    public func output(of response: HTTPResponse) throws(UnreadableOutput) -> Output {
        let found: Output?
        do throws(JSONError) {
            found = try response.readJSON { output($0) }
        } catch {
            throw UnreadableOutput("\(error)")
        }
        guard let found else { throw UnreadableOutput("documented members are missing") }
        return found
    }
}

extension JSONWriter {
    /// A request's body: one object.
    static func body(capacity: Int = 512, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter(capacity: capacity)
        json.object(members)
        return json.bytes
    }
}
