import Platform

/// Reads one answer of HTTP/1.1 (RFC 9112) from bytes as they come, however they are cut. A value, without I/O.
///
///     switch reader.take(bytes, head: &head, body: &body) {
///     case .more: ..
///     case .whole(let used): ..    // of these bytes; what lies behind them is no part of the answer
///     case .flawed(let kind, let reason): ..
///     }
///
/// Takes a length, chunks, and a body that ends with the connection; no other coding. Bounds: the head is at most ``headBytesMax``, lines
/// of chunks and trailers the same, the body at most what the reader is given. Interim answers (1xx) are passed over.
struct AnswerReader {
    static let headBytesMax = 256 << 10

    enum Step: Equatable {
        case more
        case whole(used: Int)
        case flawed(HTTPError.Kind, String)
    }

    private enum Part {
        case head, counted, untilClose, chunkSize, chunk, chunkEnd, trailer
    }

    private(set) var status = 0
    /// Whether another request may follow on the connection.
    private(set) var keepsConnection = true
    /// Whether the answer has begun.
    private(set) var hasBegun = false
    private let bodyBytesMax: Int
    private var part = Part.head
    /// Where in the head its last line begins.
    private var lineStart = 0
    /// Bytes of the body, or of the chunk, that are still to come.
    private var left = 0
    /// A line of a chunk's size or a trailer, as far as it has come.
    private var line: [UInt8] = []
    private var trailerBytes = 0

    init(bodyBytesMax: Int) { self.bodyBytesMax = bodyBytesMax }

    /// Takes in more bytes.
    mutating func take(_ bytes: ByteView, head: inout ByteBuffer, body: inout ByteBuffer) -> Step {
        hasBegun = hasBegun || bytes.count > 0
        var at = 0
        while at < bytes.count {
            let rest = bytes.slice(at, bytes.count - at)
            switch part {
            case .head:
                at += takeLine(of: rest, &head)
                if head.count > AnswerReader.headBytesMax { return .flawed(.tooLarge, "the headers are larger than 256 KiB") }
                guard head.count > lineStart, head.bytes[head.count - 1] == newline else { continue }
                let isEnd = trimmed(head.bytes.slice(lineStart, head.count - lineStart)).isEmpty
                lineStart = head.count
                guard isEnd else { continue }
                if let flaw = readHead(&head) { return .flawed(.other, flaw) }
                if left > bodyBytesMax { return .flawed(.tooLarge, "the body is larger than \(bodyBytesMax) bytes") }
                if part == .counted, left == 0 { return .whole(used: at) }
            case .counted, .chunk:
                let count = min(left, rest.count)
                body.append(rest.slice(0, count))
                left -= count
                at += count
                guard left == 0 else { continue }
                if part == .counted { return .whole(used: at) }
                part = .chunkEnd
            case .untilClose:
                guard body.count + rest.count <= bodyBytesMax else {
                    return .flawed(.tooLarge, "the body is larger than \(bodyBytesMax) bytes")
                }
                body.append(rest)
                at = bytes.count
            case .chunkSize, .chunkEnd, .trailer:
                guard let end = rest.firstOffset(of: newline) else {
                    line += rest
                    guard line.count <= AnswerReader.headBytesMax else {
                        return .flawed(.tooLarge, "a line is larger than 256 KiB")
                    }
                    return .more
                }
                line += rest.slice(0, end)
                at += end + 1
                let isWhole = line.withUnsafeBytes { endLine(trimmed($0), body.count) }
                line.removeAll(keepingCapacity: true)
                switch isWhole {
                case .more: continue
                case .whole: return .whole(used: at)
                case .flawed: return isWhole
                }
            }
        }
        return .more
    }

    /// Nothing more is to be asked on the connection.
    mutating func endConnection() { keepsConnection = false }

    /// The connection has ended: whether that ends the answer, too.
    var endsWithConnection: Bool { part == .untilClose }

    /// Appends what belongs to the current line of the head; how many bytes those are.
    private func takeLine(of bytes: ByteView, _ head: inout ByteBuffer) -> Int {
        let end = bytes.firstOffset(of: newline).map { $0 + 1 } ?? bytes.count
        head.append(bytes.slice(0, end))
        return end
    }

    // MARK: The head

    /// What is wrong with it, nil where it can be used.
    private mutating func readHead(_ head: inout ByteBuffer) -> String? {
        let lines = head.bytes
        // HTTP/1.1 200 OK
        guard lines.count > 13, lines.slice(0, 7).equals("HTTP/1."), lines[8] == 0x20, let code = decimal(lines.slice(9, 3)),
            code >= 100, isBlank(lines[12])
        else { return "the response does not begin as HTTP/1.1 does" }
        if (100..<200).contains(code) {
            // An interim answer makes room for the next one. Nothing here asks for another protocol.
            guard code != 101 else { return "the server changes the protocol" }
            head.removeAll()
            lineStart = 0
            return nil
        }
        status = code
        keepsConnection = lines[7] != UInt8(ascii: "0")
        if let connection = headerValue("connection", in: lines) {
            keepsConnection = keepsConnection && connection.lowercased() != "close"
        }
        return readLength(lines)
    }

    private mutating func readLength(_ lines: ByteView) -> String? {
        if let coding = headerValue("transfer-encoding", in: lines) {
            guard coding.lowercased() == "chunked" else { return "the response has the transfer coding \(coding)" }
            // Both is how an answer is smuggled in: the chunks count, and nothing follows.
            if headerValue("content-length", in: lines) != nil { keepsConnection = false }
            part = .chunkSize
            return nil
        }
        if status == 204 || status == 304 {
            part = .counted
            return nil
        }
        guard let length = headerValue("content-length", in: lines) else {
            part = .untilClose
            keepsConnection = false
            return nil
        }
        guard let count = length.withBytes(decimal) else { return "the response has no valid Content-Length" }
        part = .counted
        left = count
        return nil
    }

    // MARK: Chunks

    private mutating func endLine(_ text: ByteView, _ bodyCount: Int) -> Step {
        switch part {
        case .chunkSize:
            guard let size = hexadecimal(text) else { return .flawed(.other, "the response has an invalid chunk") }
            guard size <= bodyBytesMax - bodyCount else {
                return .flawed(.tooLarge, "the body is larger than \(bodyBytesMax) bytes")
            }
            left = size
            part = size == 0 ? .trailer : .chunk
        case .chunkEnd:
            guard text.isEmpty else { return .flawed(.other, "the response has an invalid chunk") }
            part = .chunkSize
        default:
            if text.isEmpty { return .whole(used: 0) }
            trailerBytes += text.count
            if trailerBytes > AnswerReader.headBytesMax { return .flawed(.tooLarge, "the trailers are larger than 256 KiB") }
        }
        return .more
    }

    /// The digits of a chunk's size, up to its extensions.
    private func hexadecimal(_ text: ByteView) -> Int? {
        let digits = trimmed(text.slice(0, text.firstOffset(of: UInt8(ascii: ";")) ?? text.count))
        guard (1...15).contains(digits.count) else { return nil }
        var value = 0
        for byte in digits {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | digit
        }
        return value
    }
}

private let newline = UInt8(ascii: "\n")

/// A number of up to 15 digits and nothing else.
private func decimal(_ text: ByteView) -> Int? {
    guard (1...15).contains(text.count) else { return nil }
    var value = 0
    for byte in text {
        guard byte >= 0x30, byte <= 0x39 else { return nil }
        value = value * 10 + Int(byte - 0x30)
    }
    return value
}
