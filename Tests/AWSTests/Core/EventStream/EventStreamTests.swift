import Foundation
import TestSupport
import Testing

@testable import AWS

@Suite("event streams", .waiting(minutes: 5))
struct EventStreamTests {
    private struct Case: Decodable {
        struct Message: Decodable, Equatable {
            var headers: [[String]]
            var payload: Data
        }

        var stream: Data
        var messages: [Message]
        var fails: Bool
    }

    private static func cases(_ count: Int, seed: Int) throws -> [Case] {
        try Oracle.lines("eventstream.py", "\(count)", "\(seed)").map { try JSONDecoder().decode(Case.self, from: $0) }
    }

    /// The messages of a stream that comes in pieces of such sizes, and what ended it.
    private func read(_ stream: Data, _ sizes: () -> Int) -> (messages: [Case.Message], error: EventStreamError?, rest: Int) {
        var decoder = EventStreamDecoder()
        var messages: [Case.Message] = []
        var at = 0
        let bytes = [UInt8](stream)
        do throws(EventStreamError) {
            while at < bytes.count {
                let end = min(at + sizes(), bytes.count)
                bytes[at..<end].withUnsafeBytes { decoder.append($0) }
                at = end
                while let message = try decoder.next() {
                    let headers = message.headers.map { [$0.name, shown($0.value)] }
                    messages.append(Case.Message(headers: headers, payload: Data(message.payload)))
                }
            }
        } catch {
            return (messages, error, decoder.waiting)
        }
        return (messages, nil, decoder.waiting)
    }

    private func shown(_ value: EventStreamMessage.Value) -> String {
        switch value {
        case .boolean(let value): "b:\(value)"
        case .integer(let value), .timestamp(let value): "i:\(value)"
        case .bytes(let bytes), .uuid(let bytes):
            "x:" + bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        case .string(let text): "s:\(text)"
        }
    }

    @Test(
        "complete, damaged and truncated event streams are read like botocore does, in pieces of any size", arguments: [1, 2])
    func oracle(seed: Int) throws {
        let cases = try EventStreamTests.cases(600, seed: seed)
        #expect(cases.count == 600)
        #expect(cases.contains { $0.fails } && cases.contains { !$0.fails && !$0.messages.isEmpty })
        for item in cases {
            for longest in [1 << 20, 7, 1000] where longest > 7 || item.stream.count < 3000 {
                let read = read(item.stream) { .random(in: 1...longest) }
                #expect(read.messages == item.messages)
                #expect((read.error != nil) == item.fails, "\(String(describing: read.error))")
            }
        }
    }

    @Test("every changed bit of a message is detected")
    func flippedBits() throws {
        let item = try #require(
            EventStreamTests.cases(60, seed: 3).first { !$0.fails && $0.messages.count == 1 && $0.stream.count < 600 })
        for bit in 0..<(item.stream.count * 8) {
            var stream = item.stream
            stream[bit / 8] ^= 1 << (bit % 8)
            let read = read(stream) { stream.count }
            #expect(read.messages.isEmpty && read.error != nil, "bit \(bit)")
        }
    }

    @Test("an incomplete message waits for its rest")
    func cutAnywhere() throws {
        let item = try #require(
            EventStreamTests.cases(60, seed: 4).first { !$0.fails && $0.messages.count == 2 && $0.stream.count < 2500 })
        for cut in 0..<item.stream.count {
            let part = read(item.stream.prefix(cut)) { cut }
            #expect(part.error == nil && part.messages.count < 2)
            var pieces = [cut, item.stream.count - cut].filter { $0 > 0 }
            let whole = read(item.stream) { pieces.removeFirst() }
            #expect(whole.messages == item.messages && whole.rest == 0)
        }
    }

    @Test("lengths beyond the specification's limits are refused at once")
    func bounds() {
        for (length, headers) in [(25 << 20, 0), (1 << 20, 200 << 10), (20, 8), (15, 0), (0, 0)] as [(UInt32, UInt32)] {
            var stream = Data()
            for value in [length, headers] { withUnsafeBytes(of: value.bigEndian) { stream.append(contentsOf: $0) } }
            withUnsafeBytes(of: EventStreamTests.checksum(stream).bigEndian) { stream.append(contentsOf: $0) }
            guard case .malformed? = read(stream, { 5 }).error else {
                Issue.record("\(length) and \(headers) are taken")
                continue
            }
        }
    }

    /// CRC-32, bit by bit.
    private static func checksum(_ bytes: Data) -> UInt32 {
        ~bytes.reduce(0xFFFF_FFFF as UInt32) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
    }
}
