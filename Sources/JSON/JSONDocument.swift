public import CSimdJSON
public import Platform

/// A parsed document: an index over text that somebody else owns (``JSONParser`` says how long it is valid).
public struct JSONDocument {
    @usableFromInline let text: UnsafeRawPointer
    @usableFromInline let nodes: UnsafePointer<csj_node>

    /// Whether any key is spelled with a backslash. Such a document is looked up in its canonical form
    /// (``JSONValue/appendCanonical(to:)``), where a key has one spelling.
    public let hasEscapedKeys: Bool

    @inlinable @inline(__always)
    init(text: UnsafeRawPointer, nodes: UnsafePointer<csj_node>, hasEscapedKeys: Bool) {
        self.text = text
        self.nodes = nodes
        self.hasEscapedKeys = hasEscapedKeys
    }

    @inlinable @inline(__always)
    public var root: JSONValue { JSONValue(text: text, node: nodes) }
}

/// One value of a document. Two words; cheap to pass.
public struct JSONValue {
    @usableFromInline let start: UnsafeRawPointer
    @usableFromInline let node: UnsafePointer<csj_node>

    @inlinable @inline(__always)
    init(text: UnsafeRawPointer, node: UnsafePointer<csj_node>) {
        start = text
        self.node = node
    }

    /// What a value is.
    public enum Kind: UInt8, Sendable {
        case object = 1
        case array, string, number, `true`, `false`, null
    }

    @inlinable @inline(__always) public var kind: Kind { Kind(rawValue: node.pointee.kind).unsafelyUnwrapped }
    @inlinable @inline(__always) public var isObject: Bool { node.pointee.kind == Kind.object.rawValue }
    @inlinable @inline(__always) public var isArray: Bool { node.pointee.kind == Kind.array.rawValue }
    @inlinable @inline(__always) public var isString: Bool { node.pointee.kind == Kind.string.rawValue }
    @inlinable @inline(__always) public var isNull: Bool { node.pointee.kind == Kind.null.rawValue }

    /// Whether ``bytes`` are known to be canonical JSON as they stand: canonical if true. Anything with a backslash in it is
    /// not looked at closely and may be canonical although this is false.
    @inlinable @inline(__always) public var isCanonical: Bool { node.pointee.flags & UInt8(CSJ_FLAG_CANONICAL) != 0 }

    /// The value's text as it stands, quotes included.
    @inlinable @inline(__always)
    public var bytes: ByteView {
        let quote = isString ? 1 : 0
        let first = Int(node.pointee.start) - quote
        return ByteView(start: start + first, count: Int(node.pointee.end) + quote - first)
    }

    /// What stands between a string's quotes, escapes not resolved; see ``hasEscapes``.
    @inlinable @inline(__always)
    public var rawString: ByteView {
        ByteView(start: start + Int(node.pointee.start), count: Int(node.pointee.end - node.pointee.start))
    }

    /// Whether a string holds a backslash.
    @inlinable @inline(__always)
    public var hasEscapes: Bool { node.pointee.flags & UInt8(CSJ_FLAG_ESCAPED) != 0 }

    /// The members of an object, none of anything else.
    @inlinable @inline(__always)
    public var members: Members {
        let first = node + 1
        return Members(text: start, at: first, end: isObject ? node + Int(node.pointee.next) : first)
    }

    /// The elements of an array, none of anything else.
    @inlinable @inline(__always)
    public var elements: Elements {
        let first = node + 1
        return Elements(text: start, at: first, end: isArray ? node + Int(node.pointee.next) : first)
    }

    /// The member called `key`: the last one of that name. Cost: linear in the members, of canonical text in those up to the one found.
    public func member(_ key: StaticString) -> JSONValue? {
        var found: JSONValue?
        for (name, value) in members where name.equals(key) {
            // No other has its name.
            if isCanonical { return value }
            found = value
        }
        return found
    }

    /// The members of an object, in order, duplicates included.
    public struct Members: Sequence, IteratorProtocol {
        @usableFromInline let text: UnsafeRawPointer
        @usableFromInline var at: UnsafePointer<csj_node>
        @usableFromInline let end: UnsafePointer<csj_node>

        @inlinable @inline(__always)
        init(
            text: UnsafeRawPointer, at: UnsafePointer<csj_node>, end: UnsafePointer<csj_node>
        ) {
            self.text = text
            self.at = at
            self.end = end
        }

        /// The next member: its name as spelled between the quotes, and its value.
        @inlinable @inline(__always)
        public mutating func next() -> (name: ByteView, value: JSONValue)? {
            guard at < end else { return nil }
            let key = at.pointee
            let value = JSONValue(text: text, node: at + 1)
            at += 1 + Int(value.node.pointee.next)
            return (ByteView(start: text + Int(key.start), count: Int(key.end - key.start)), value)
        }
    }

    /// The elements of an array, in order.
    public struct Elements: Sequence, IteratorProtocol {
        @usableFromInline let text: UnsafeRawPointer
        @usableFromInline var at: UnsafePointer<csj_node>
        @usableFromInline let end: UnsafePointer<csj_node>

        @inlinable @inline(__always)
        init(
            text: UnsafeRawPointer, at: UnsafePointer<csj_node>, end: UnsafePointer<csj_node>
        ) {
            self.text = text
            self.at = at
            self.end = end
        }

        @inlinable @inline(__always)
        public mutating func next() -> JSONValue? {
            guard at < end else { return nil }
            let value = JSONValue(text: text, node: at)
            at += Int(at.pointee.next)
            return value
        }
    }
}
