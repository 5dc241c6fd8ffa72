import CCrypto
import CZlib
import JSON
import Platform
import Simulation
import TestSupport

/// Records around records, as their producers make them.
enum Envelope {
    static func base64(_ bytes: [UInt8]) -> String {
        var text = ByteBuffer()
        bytes.withUnsafeBytes { text.appendBase64($0) }
        return text.bytes.text
    }

    static func quoted(_ bytes: [UInt8]) -> String {
        var text = ByteBuffer()
        bytes.withUnsafeBytes { text.appendJSONString($0) }
        return text.bytes.text
    }

    static func array(_ records: [[UInt8]]) -> [UInt8] {
        Array("[".utf8) + records.joined(separator: Array(", ".utf8)) + Array("]".utf8)
    }

    static func lambda(_ records: [[UInt8]], arrival: String = "1772460000.123") -> [UInt8] {
        let entries = records.map { record in
            """
            {"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"p","sequenceNumber":"49","data":"\(base64(record))",\
            "approximateArrivalTimestamp":\(arrival)},"eventSource":"aws:kinesis"}
            """
        }
        return Array(#"{"Records":[\#(entries.joined(separator: ","))]}"#.utf8)
    }

    static func capture(_ record: [UInt8], arrival: String = "2026-03-02T14:00:00.000Z") -> [UInt8] {
        Array(
            """
            {"arrival":"\(arrival)","capture":1,"data":"\(base64(record))","partition":"","position":"1","source":"file",\
            "stream":"x"}
            """.utf8)
    }

    static func cloudWatchLogs(_ messages: [[UInt8]]) -> [UInt8] {
        let entries = messages.map { #"{"id":"3","timestamp":1772460000000,"message":\#(quoted($0))}"# }
        return Array(
            """
            {"messageType":"DATA_MESSAGE","owner":"1","logGroup":"/aws/connect/x","logStream":"s","subscriptionFilters":[],\
            "logEvents":[\(entries.joined(separator: ","))]}
            """.utf8)
    }

    static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var size = compressBound(UInt(bytes.count))
        var zlib = [UInt8](repeating: 0, count: Int(size))
        compress2(&zlib, &size, bytes, UInt(bytes.count), 9)
        // A zlib stream is the same deflate data with two bytes before it and four behind.
        let deflated = zlib[2..<(Int(size) - 4)]
        let check = UInt32(crc32(0, bytes, UInt32(bytes.count)))
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + deflated + littleEndian(check) + littleEndian(UInt32(bytes.count))
    }

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    static func kpl(_ records: [[UInt8]]) -> [UInt8] {
        var message = field(1, Array("partition".utf8))
        for record in records { message += field(3, [0x08, 0x00] + field(3, record)) }
        return kpl(message: message)
    }

    /// An aggregate around any protobuf bytes, its checksum right.
    static func kpl(message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 16)
        _ = MD5(message, message.count, &digest)
        return [0xF3, 0x89, 0x9A, 0xC2] + message + digest
    }

    /// A length-delimited protobuf field.
    static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = bytes.count
        repeat {
            length.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return [number << 3 | 2] + length + bytes
    }
}
