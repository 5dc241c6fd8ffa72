/// Why an event stream cannot be read on.
public enum EventStreamError: Error, Equatable, CustomStringConvertible {
    /// A checksum is wrong.
    case damaged(String)
    case malformed(String)

    public var description: String {
        switch self {
        case .damaged(let part): "the event stream is damaged: the checksum of a \(part) is wrong"
        case .malformed(let what): "the event stream is malformed: \(what)"
        }
    }
}
