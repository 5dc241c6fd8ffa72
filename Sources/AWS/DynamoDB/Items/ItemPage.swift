import HTTPClient
import JSON

/// A page of items, as Query and Scan answer it: at most 1 MB of them.
///
/// Invariant (`@unchecked Sendable`): nothing changes after the initialiser. `items` points into the response's bytes, which stay where they
/// are while `response` holds them, and into the parser, which parses nothing else.
public final class ItemPage: @unchecked Sendable {
    private let response: HTTPResponse
    private let parser: JSONParser
    private let items: JSONValue
    /// Where the next page begins; nil where this is the last one.
    public let last: [UInt8]?

    init(_ response: HTTPResponse) throws(UnreadableOutput) {
        let parser = JSONParser()
        let root: JSONValue
        do throws(JSONError) {
            root = try response.body.withBytes { (bytes) throws(JSONError) in try parser.parse(bytes).root }
        } catch {
            throw UnreadableOutput("\(error)")
        }
        guard let items = root.member("Items"), items.isArray else { throw UnreadableOutput.malformed("it has no items") }
        self.response = response
        self.parser = parser
        self.items = items
        last = root.member("LastEvaluatedKey").map { Array($0.bytes) }
    }

    /// Calls `body` with each item, valid during the call.
    public func forEach(_ body: (ItemView) throws -> Void) rethrows {
        try withExtendedLifetime(self) {
            for item in items.elements { try body(ItemView(item)) }
        }
    }

    /// What `read` makes of each item; those that it makes nothing of are left out.
    public func rows<Row>(_ read: (ItemView) -> Row?) -> [Row] {
        var rows: [Row] = []
        forEach { if let row = read($0) { rows.append(row) } }
        return rows
    }
}
