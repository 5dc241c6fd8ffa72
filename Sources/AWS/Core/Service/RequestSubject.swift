import JSON

/// What a request is about, for errors: what its line says, or the tables or the stream that its JSON names.
enum RequestSubject {
    /// `table converge-agent`, `stream events`; empty of a request that names none. Cost: a parse of the request, once a failure.
    static func text(_ input: [UInt8], _ line: RequestLine? = nil) -> String {
        if let line, !line.subject.isEmpty { return line.subject }
        let parser = JSONParser()
        return withExtendedLifetime(parser) {
            input.withUnsafeBytes { bytes in
                guard let root = try? parser.parse(.init(bytes)).root else { return "" }
                return text(root)
            }
        }
    }

    private static func text(_ root: JSONValue) -> String {
        if let table = root.text("TableName") { return "table \(table)" }
        if let stream = root.text("StreamName") ?? root.text("StreamARN") ?? root.text("StreamArn")
            ?? root.text("ConsumerARN")
        {
            return "stream \(stream)"
        }
        // A batch names its tables as members, a transaction in each of its parts.
        var tables: Set<String> = []
        if let items = root.member("RequestItems") { for (table, _) in items.members { tables.insert(table.text) } }
        if let parts = root.member("TransactItems") {
            for part in parts.elements {
                for (_, action) in part.members { action.text("TableName").map { _ = tables.insert($0) } }
            }
        }
        guard !tables.isEmpty else { return "" }
        return "\(tables.count == 1 ? "table" : "tables") \(tables.sorted().joined(separator: ", "))"
    }
}
