import JSON
import Platform

/// The operations of Amazon Connect that failover needs: a file each, in `Traffic` those of traffic distribution groups, in `Instance` those
/// about an instance and its replica, in `People` those that count users, queues and figures.
///
/// Requests are few: an account has two a second and Region for all of Connect's operations, with a burst of five
/// (https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html).
public enum Connect {
    /// A page of what an operation lists.
    public struct Page<Element: Sendable>: Sendable {
        public let elements: [Element]
        /// What the next page is asked with; nil where this is the last one.
        public let nextToken: String?
    }
}

extension AWSService {
    /// From botocore's service model.
    public static let connect = AWSService(name: "Connect", signingName: "connect", wire: .restJSON)
}

/// An operation of Amazon Connect.
public protocol ConnectOperation: AWSOperation {}

extension ConnectOperation {
    public static var service: AWSService { .connect }
    /// Most have none.
    public var body: [UInt8] { [] }
}

/// What requests share.
extension RequestLine {
    /// GET of a list's page.
    static func page(_ path: String, of subject: String, size: Int, token: String?) -> RequestLine {
        var line = RequestLine(.get, path, subject: subject)
        line.append("maxResults", "\(size)")
        line.append("nextToken", token)
        return line
    }
}

/// What responses share.
extension Connect.Page {
    /// Nil where the list is missing, or `read` makes nothing of an element.
    init?(_ root: JSONValue, _ list: StaticString, _ read: (JSONValue) -> Element?) {
        guard let values = root.member(list), values.isArray else { return nil }
        var elements: [Element] = []
        for value in values.elements {
            guard let element = read(value) else { return nil }
            elements.append(element)
        }
        self.init(elements: elements, nextToken: root.text("NextToken"))
    }
}
