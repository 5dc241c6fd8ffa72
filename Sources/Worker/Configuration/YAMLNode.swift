/// A value of a YAML document and where it stands.
public struct YAMLNode: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
        /// Nothing, `~` or `null`.
        case null
        /// Text as written, whatever it looks like: what it means is for the reader of the document to say.
        case scalar(String)
        case sequence([YAMLNode])
        /// In the order of the document; no key comes twice.
        case mapping([YAMLMember])
    }

    public var content: Content
    /// Counted from 1.
    public var line: Int

    public init(_ content: Content, line: Int) {
        self.content = content
        self.line = line
    }
}

/// A key of a mapping with its value.
public struct YAMLMember: Sendable, Equatable {
    public var key: String
    /// The line of the key, counted from 1.
    public var line: Int
    public var value: YAMLNode

    public init(key: String, line: Int, value: YAMLNode) {
        self.key = key
        self.line = line
        self.value = value
    }
}

/// Why a text is no document that is read here.
public struct YAMLError: Error, Equatable, CustomStringConvertible {
    /// Counted from 1.
    public var line: Int
    /// What is wrong and what to write instead.
    public var reason: String

    public var description: String { "line \(line): \(reason)" }
}
