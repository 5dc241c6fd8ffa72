import HTTPClient
import Platform

/// An element of a service's XML, for answers with lists and elements in elements. A view, valid as long as the text is. Namespaces are not
/// looked at, attributes are passed over; what is not well-formed ends the list of children.
struct XMLElement {
    let name: ByteView
    /// Between its tags.
    let content: ByteView

    /// The root of a document; nil where there is none.
    init?(document: ByteView) {
        guard let root = XMLElement.children(of: document).first else { return nil }
        self = root
    }

    private init(name: ByteView, content: ByteView) {
        self.name = name
        self.content = content
    }

    /// In their order. Cost: linear in the content, at each level once more.
    var children: [XMLElement] { XMLElement.children(of: content) }

    /// The first child of that name.
    func child(_ name: StaticString) -> XMLElement? { children.first { $0.name.equals(name) } }

    /// The elements of a list: those of a child, whatever they are called.
    func list(_ name: StaticString) -> [XMLElement] { child(name)?.children ?? [] }

    /// Of an element without children, entities resolved.
    var text: String { XMLText.resolved(content) }

    /// The text of a child; nil where there is none.
    func text(_ name: StaticString) -> String? { child(name)?.text }

    private static func children(of text: ByteView) -> [XMLElement] {
        var found: [XMLElement] = []
        var open: (name: ByteView, end: Int)?
        var depth = 0
        var at = 0
        while let tag = XMLTag(in: text, from: at) {
            at = tag.end
            switch tag.kind {
            case .other: continue
            case .empty: if depth == 0 { found.append(XMLElement(name: tag.name, content: text.slice(at, 0))) }
            case .open:
                if depth == 0 { open = (tag.name, tag.end) }
                depth += 1
            case .close:
                depth -= 1
                guard depth >= 0, let opened = open else { return found }
                if depth == 0 {
                    guard opened.name.equals(tag.name) else { return found }
                    found.append(XMLElement(name: opened.name, content: text.slice(opened.end, tag.start - opened.end)))
                }
            }
        }
        return found
    }
}

/// A tag, and where it stands.
struct XMLTag {
    enum Kind {
        case open, close, empty
        /// A declaration, a comment.
        case other
    }

    let kind: Kind
    let name: ByteView
    let start: Int
    /// Behind its `>`.
    let end: Int

    /// The next one; nil where there is none, or it does not end.
    init?(in text: ByteView, from at: Int) {
        guard let start = text.firstOffset(of: UInt8(ascii: "<"), from: at), start + 1 < text.count else { return nil }
        self.start = start
        var first = start + 1
        switch text[first] {
        case UInt8(ascii: "?"), UInt8(ascii: "!"):
            guard let end = XMLTag.endOfOther(text, start) else { return nil }
            (kind, name, self.end) = (.other, text.slice(start, 0), end)
            return
        case UInt8(ascii: "/"): first += 1
        default: break
        }
        guard let close = XMLTag.end(text, from: first) else { return nil }
        var nameEnd = first
        while nameEnd < close, !isBlank(text[nameEnd]), text[nameEnd] != UInt8(ascii: "/") { nameEnd += 1 }
        name = text.slice(first, nameEnd - first)
        end = close + 1
        kind = first == start + 2 ? .close : text[close - 1] == UInt8(ascii: "/") ? .empty : .open
    }

    /// The `>` of a tag: one that stands in an attribute's value is none.
    private static func end(_ text: ByteView, from start: Int) -> Int? {
        var quote: UInt8?
        for at in start..<text.count {
            let byte = text[at]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: ">") {
                return at
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            }
        }
        return nil
    }

    private static func endOfOther(_ text: ByteView, _ start: Int) -> Int? {
        let isComment = start + 4 <= text.count && text.slice(start, 4).equals("<!--")
        var at = start
        while let end = text.firstOffset(of: UInt8(ascii: ">"), from: at) {
            if !isComment || end >= start + 6 && text.slice(end - 2, 2).equals("--") { return end + 1 }
            at = end + 1
        }
        return nil
    }
}
