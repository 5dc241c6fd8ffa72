import HTTPServer
import Platform
import Writing

extension StampBounds {
    /// The headers `Converge-After` and `Converge-Before`.
    init(_ request: HTTPRequest) throws(EventRefusal) {
        self.init(
            after: try StampBounds.moment(request, "Converge-After"), before: try StampBounds.moment(request, "Converge-Before")
        )
    }

    private static func moment(_ request: HTTPRequest, _ name: String) throws(EventRefusal) -> Int64? {
        guard let text = request.header(name) else { return nil }
        // 15 digits reach into the year 33,658, and overflow nothing.
        guard (1...15).contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let moment = Int64(text)
        else { throw .malformed("\(name): not milliseconds since 1970, a whole number of at most 15 digits") }
        return moment
    }
}
