import CYAML
import Platform

/// Reads one YAML 1.1 document with libyaml: mappings, sequences and scalars.
///
/// Bounded, because files come from outside: at most ``bytesMax`` bytes, ``depthMax`` levels and ``nodesMax`` values. Anchors,
/// aliases, tags, a second document, keys that are no scalars and keys that come twice are errors, each with its line.
public enum YAMLReader {
    /// 1 MiB.
    public static let bytesMax = 1 << 20
    public static let depthMax = 32
    public static let nodesMax = 50_000

    /// The document, a null of line 1 where there is none. UTF-8, or UTF-16 with a byte order mark.
    public static func read(_ bytes: [UInt8]) throws(YAMLError) -> YAMLNode {
        guard bytes.count <= bytesMax else {
            throw YAMLError(line: 1, reason: "the file has \(bytes.count) bytes; the limit is \(bytesMax)")
        }
        // libyaml keeps a pointer to its parser inside the parser: it may not move.
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else { throw YAMLError(line: 1, reason: "out of memory") }
        defer { yaml_parser_delete(parser) }
        let read: Result<YAMLNode, YAMLError> = bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            var events = YAMLEvents(parser)
            do throws(YAMLError) { return .success(try events.document()) } catch { return .failure(error) }
        }
        return try read.get()
    }
}

/// What libyaml tells of a document, one event after the other.
private struct YAMLEvents {
    enum Event {
        case scalar(String, isNull: Bool)
        case sequence, mapping, end, documentStart, documentEnd, streamEnd
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private var line = 1
    private var nodes = 0

    /// `parser` outlives this value and has its input.
    init(_ parser: UnsafeMutablePointer<yaml_parser_t>) { self.parser = parser }

    mutating func document() throws(YAMLError) -> YAMLNode {
        guard case .documentStart = try next() else { return YAMLNode(.null, line: 1) }
        let root = try node(try next(), depth: 0)
        _ = try next()
        guard case .streamEnd = try next() else {
            throw YAMLError(line: line, reason: "a second document begins; a file contains one document, so remove the '---'")
        }
        return root
    }

    private mutating func node(_ event: Event, depth: Int) throws(YAMLError) -> YAMLNode {
        let start = line
        nodes += 1
        guard nodes <= YAMLReader.nodesMax else {
            throw YAMLError(line: start, reason: "more than \(YAMLReader.nodesMax) values; that is the limit")
        }
        guard depth < YAMLReader.depthMax else {
            throw YAMLError(line: start, reason: "nested more than \(YAMLReader.depthMax) levels; that is the limit")
        }
        switch event {
        case .scalar(let text, let isNull):
            return YAMLNode(isNull ? .null : .scalar(text), line: start)
        case .sequence:
            var items: [YAMLNode] = []
            while true {
                let event = try next()
                if case .end = event { return YAMLNode(.sequence(items), line: start) }
                items.append(try node(event, depth: depth + 1))
            }
        case .mapping:
            return try YAMLNode(.mapping(members(depth: depth)), line: start)
        case .end, .documentStart, .documentEnd, .streamEnd:
            return YAMLNode(.null, line: start)
        }
    }

    private mutating func members(depth: Int) throws(YAMLError) -> [YAMLMember] {
        var members: [YAMLMember] = []
        var lines: [String: Int] = [:]
        while true {
            let event = try next()
            if case .end = event { return members }
            guard case .scalar(let key, _) = event else {
                throw YAMLError(line: line, reason: "the key is not plain text; write 'name: value'")
            }
            let keyLine = line
            if let before = lines.updateValue(keyLine, forKey: key) {
                throw YAMLError(
                    line: keyLine, reason: "'\(printable(key))' is given here and in line \(before); remove one of them")
            }
            members.append(YAMLMember(key: key, line: keyLine, value: try node(try next(), depth: depth + 1)))
        }
    }

    private mutating func next() throws(YAMLError) -> Event {
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
            defer { yaml_event_delete(&event) }
            line = Int(event.start_mark.line) + 1
            switch event.type {
            case YAML_SCALAR_EVENT:
                let scalar = event.data.scalar
                try refuse(anchor: scalar.anchor, tag: scalar.tag)
                let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
                let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
                return .scalar(text, isNull: isPlain && ["", "~", "null", "Null", "NULL"].contains(text))
            case YAML_SEQUENCE_START_EVENT:
                try refuse(anchor: event.data.sequence_start.anchor, tag: event.data.sequence_start.tag)
                return .sequence
            case YAML_MAPPING_START_EVENT:
                try refuse(anchor: event.data.mapping_start.anchor, tag: event.data.mapping_start.tag)
                return .mapping
            case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .end
            case YAML_DOCUMENT_START_EVENT: return .documentStart
            case YAML_DOCUMENT_END_EVENT: return .documentEnd
            case YAML_ALIAS_EVENT:
                throw YAMLError(line: line, reason: "an alias (*name) is not accepted; write the value itself")
            case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return .streamEnd
            default: continue
            }
        }
    }

    private func refuse(anchor: UnsafeMutablePointer<UInt8>?, tag: UnsafeMutablePointer<UInt8>?) throws(YAMLError) {
        if anchor != nil {
            throw YAMLError(line: line, reason: "an anchor (&name) is not accepted; write the value itself at each place")
        }
        if tag != nil { throw YAMLError(line: line, reason: "a tag (!name) is not accepted; write the value without it") }
    }

    /// What libyaml says went wrong.
    private func failure() -> YAMLError {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "cannot be parsed"
        let mark = parser.pointee.problem_mark.line
        let context = parser.pointee.context.map { String(cString: $0) + ": " } ?? ""
        let place = parser.pointee.error == YAML_READER_ERROR ? line - 1 : Int(mark)
        return YAMLError(line: place + 1, reason: context + problem)
    }
}
