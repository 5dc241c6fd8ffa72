/// One entity that a ``CustomerContext`` asks for.
public struct ContextRead: Hashable, Sendable {
    public let kind: EntityKind
    public let id: String

    public init(_ kind: EntityKind, _ id: String) {
        self.kind = kind
        self.id = id
    }
}
