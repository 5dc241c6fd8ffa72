/// Text that no description, debugger summary or mirror shows. ``revealed`` is the one way to it.
public struct Secret: Hashable, Sendable {
    public let revealed: String

    public init(_ text: String) { revealed = text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "[secret]" }
    public var debugDescription: String { "[secret]" }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
