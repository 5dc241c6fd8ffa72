import HTTPClient

/// The parameters of a query operation, in the form's spelling.
public struct QueryForm: Sendable {
    private(set) var text = ""

    public init() {}

    public mutating func append(_ name: String, _ value: String) {
        text += "&" + percentEncoded(name) + "=" + percentEncoded(value)
    }

    /// What ``ServiceClient`` takes as an operation's input.
    public var bytes: [UInt8] { Array(text.utf8) }
}
