// Types whose members are secrets, or as good as secrets, show nothing of them.

extension SigningKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "signing key of \(credential)" }
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
