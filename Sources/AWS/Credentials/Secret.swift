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

// Types whose members are secrets, or as good as secrets, show nothing of them.

extension SigningKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "signing key of \(accessKeyID)/\(scope)" }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}

extension SharedConfiguration: CustomStringConvertible, CustomReflectable {
    public var description: String { "shared configuration, profile \(profileName)" }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}

extension QueryForm: CustomStringConvertible, CustomReflectable {
    public var description: String { "form of \(text.utf8.count) bytes" }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}

extension HTTPHeader: CustomStringConvertible, CustomReflectable {
    public var description: String { "\(name): [\(value.utf8.count) bytes]" }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}

extension HTTPURL: CustomReflectable {
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
