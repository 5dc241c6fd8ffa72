public import Platform

/// How far a contact has come. The raw values ascend as the life of a contact does.
public enum LifecyclePhase: UInt8, CaseIterable, Comparable, Sendable {
    case initiated = 1
    case connectedToSystem
    case queued
    case connectedToAgent
    case disconnected
    case completed

    /// Nil of event types that are no step on that line, such as `CONTACT_DATA_UPDATED`.
    public init?(event: ByteView) {
        if event.equals("INITIATED") {
            self = .initiated
        } else if event.equals("CONNECTED_TO_SYSTEM") {
            self = .connectedToSystem
        } else if event.equals("QUEUED") {
            self = .queued
        } else if event.equals("CONNECTED_TO_AGENT") {
            self = .connectedToAgent
        } else if event.equals("DISCONNECTED") {
            self = .disconnected
        } else if event.equals("COMPLETED") {
            self = .completed
        } else {
            return nil
        }
    }

    /// As the projection has it.
    public var name: String { json.view.slice(1, json.utf8CodeUnitCount - 2).text }

    var json: StaticString {
        switch self {
        case .initiated: "\"INITIATED\""
        case .connectedToSystem: "\"CONNECTED_TO_SYSTEM\""
        case .queued: "\"QUEUED\""
        case .connectedToAgent: "\"CONNECTED_TO_AGENT\""
        case .disconnected: "\"DISCONNECTED\""
        case .completed: "\"COMPLETED\""
        }
    }

    public static func < (a: LifecyclePhase, b: LifecyclePhase) -> Bool { a.rawValue < b.rawValue }
}
