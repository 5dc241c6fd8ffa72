/// A request under way; belongs to one connection, which one thread serves.
final class HTTPExchange {
    /// Bytes beyond a body's maximum that are read and dropped, so that the client hears why, before the connection is closed.
    static let droppedBytesMax = 1 << 20

    let target: String
    /// The request's.
    var id = ""
    /// Whether the client speaks HTTP/1.1.
    var isChunkable = false
    var isHead = false
    var request: HTTPRequest?
    var place = HTTPRouter.Place()
    /// What is answered in the route's place.
    var refusal: HTTPResponse?
    var body: [UInt8] = []
    var bodyBytes = 0
    var bodyBytesMax = 0
    var isBegun = false

    init(target: String) { self.target = target }

    /// Takes some of the body. False where it is far too long.
    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bodyBytes += bytes.count
        if bodyBytes <= bodyBytesMax {
            body += bytes
        } else {
            body = []
        }
        return bodyBytes <= bodyBytesMax + HTTPExchange.droppedBytesMax
    }

    var isTooLarge: Bool { bodyBytes > bodyBytesMax }
}
