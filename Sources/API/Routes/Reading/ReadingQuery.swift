import HTTPServer
import Platform

/// What the query of a request for `/v1` asks for.
struct ReadingQuery {
    /// Longest value in characters.
    private static let lengthMax = 1024

    var registers = false
    /// All others, by name.
    var texts: [String: String] = [:]

    init(_ request: HTTPRequest, accepting names: [String]) throws(UsageError) {
        for (name, text) in request.query.sorted(by: { $0.key < $1.key }) {
            guard names.contains(name) else {
                throw UsageError(
                    names.isEmpty
                        ? "unknown parameter '\(name)'. There are none here"
                        : "unknown parameter '\(name)'. Accepted: \(names.joined(separator: ", "))")
            }
            guard !request.repeatedNames.contains(name) else {
                throw UsageError("\(name) is given more than once; give it once")
            }
            guard !text.isEmpty, text.unicodeScalars.count <= ReadingQuery.lengthMax else {
                throw UsageError("\(name) is empty or longer than 1,024 characters; give a value, or omit it")
            }
            guard name == "registers" else {
                texts[name] = text
                continue
            }
            guard text == "true" || text == "false" else {
                throw UsageError("registers: '\(text)' is not accepted; give true or false")
            }
            registers = text == "true"
        }
    }
}
