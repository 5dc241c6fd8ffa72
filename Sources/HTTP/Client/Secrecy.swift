// Types whose members are secrets, or as good as secrets, show nothing of them.

extension HTTPHeader: CustomStringConvertible, CustomReflectable {
    public var description: String { "\(name): [\(value.utf8.count) bytes]" }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}

extension HTTPURL: CustomReflectable {
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
