import TestSupport
import Testing

@testable import HTTPClient
@testable import Platform

@Suite("answers of HTTP/1.1", .limited)
struct AnswerReaderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var text: String
        var status = 200
        var body = ""
        var keeps = true
        /// Bytes behind the answer.
        var rest = ""

        var testDescription: String { name }
    }

    /// What a reader makes of pieces: the last step, and where in the bytes it was.
    private struct Reading {
        var reader: AnswerReader
        var body = ""
        var step = AnswerReader.Step.more
        var used = 0

        init(_ pieces: [[UInt8]], bodyBytesMax: Int = 1000) {
            reader = AnswerReader(bodyBytesMax: bodyBytesMax)
            var head = ByteBuffer()
            var body = ByteBuffer()
            for piece in pieces where step == .more {
                step = piece.withUnsafeBytes { reader.take($0, head: &head, body: &body) }
                if case .whole(let count) = step { used += count } else { used += piece.count }
            }
            self.body = body.bytes.text
            headText = head.bytes.text
        }

        var headText = ""
    }

    static let cases: [Case] = [
        Case(name: "a length", text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", body: "hello"),
        Case(name: "a length of nothing", text: "HTTP/1.1 400 Bad\r\ncontent-length:0\r\n\r\n", status: 400),
        Case(name: "no reason phrase", text: "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", body: "x"),
        Case(name: "bare line feeds", text: "HTTP/1.1 200 OK\nContent-Length: 1\n\nx", body: "x"),
        Case(
            name: "chunks",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n 0123456\r\n\r\n0\r\n\r\n",
            body: "hello 0123456\r\n"),
        Case(
            name: "chunks with trailers",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n", body: "x"),
        Case(name: "no body by its status", text: "HTTP/1.1 204 No Content\r\n\r\n", status: 204),
        Case(
            name: "interim answers first",
            text:
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 1\r\n\r\nx",
            status: 500, body: "x"),
        Case(
            name: "the last one of its connection", text: "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx",
            body: "x", keeps: false),
        Case(name: "HTTP/1.0", text: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", body: "x", keeps: false),
        Case(
            name: "chunks and a length: the chunks count, and nothing may follow",
            text: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", body: "x",
            keeps: false),
        Case(
            name: "more than was asked for", text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200", body: "x",
            rest: "HTTP/1.1 200"),
    ]

    @Test("an answer is the same however it is cut", arguments: cases)
    func cuts(one: Case) {
        let bytes = Array(one.text.utf8)
        let expected = bytes.count - one.rest.utf8.count
        var ways: [[[UInt8]]] = [[bytes], bytes.map { [$0] }]
        for cut in 1..<bytes.count { ways.append([Array(bytes[..<cut]), Array(bytes[cut...])]) }
        for pieces in ways {
            let reading = Reading(pieces)
            guard case .whole = reading.step else {
                Issue.record("\(one.name): \(reading.step)")
                return
            }
            #expect(reading.used == expected && reading.body == one.body, "\(pieces.map(\.count))")
            #expect(reading.reader.status == one.status && reading.reader.keepsConnection == one.keeps)
            #expect(reading.headText.hasPrefix("HTTP/1.") && reading.headText.contains(" \(one.status)"))
        }
    }

    @Test("a body without a length ends with the connection, and only such a body does")
    func untilClose() {
        let reading = Reading([Array("HTTP/1.1 200 OK\r\n\r\nall".utf8), Array(" of it".utf8)])
        #expect(reading.step == .more && reading.body == "all of it")
        #expect(reading.reader.endsWithConnection && !reading.reader.keepsConnection)
        for text in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx"] {
            #expect(!Reading([Array(text.utf8)]).reader.endsWithConnection)
        }
    }

    static let flawed: [(text: String, kind: HTTPError.Kind)] = [
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", .other), ("HTTP/2 200\r\n\r\n", .other), ("HTTP/1.1 2x0 OK\r\n\r\n", .other),
        ("HTTP/1.1 99 OK\r\n\r\n", .other), ("\r\n\r\n", .other), ("HTTP/1.1 101 Switching\r\n\r\n", .other),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .other), ("HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n", .other),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n", .other),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .other),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", .other),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", .other),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n", .other),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n", .other),
        ("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", .tooLarge),
        ("HTTP/1.1 200 OK\r\n\r\n01234567890", .tooLarge),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nB\r\n", .tooLarge),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n", .tooLarge),
        ("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 257 << 10), .tooLarge),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + String(repeating: "x", count: 257 << 10), .tooLarge
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
                + String(repeating: "A: 0123456789\r\n", count: 20 << 10), .tooLarge
        ),
    ]

    @Test("what is no answer, or larger than may be, is refused", arguments: flawed.indices)
    func flaws(index: Int) {
        let (text, kind) = Self.flawed[index]
        let bytes = Array(text.utf8)
        let pieces = [
            [bytes], stride(from: 0, to: bytes.count, by: 1000).map { Array(bytes[$0..<min($0 + 1000, bytes.count)]) },
        ]
        for pieces in pieces {
            guard case .flawed(let found, _) = Reading(pieces, bodyBytesMax: 10).step else {
                Issue.record("\(text.prefix(80)): not refused")
                return
            }
            #expect(found == kind, "\(text.prefix(80))")
        }
    }
}
