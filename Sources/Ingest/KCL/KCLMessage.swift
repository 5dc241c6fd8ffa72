public import EngineCore
import JSON
import Platform

/// The shard that the daemon wants to be read.
public struct KCLShard: Sendable, Equatable {
    public var id: String
    /// Where the reading begins, for people: a sequence number, or `TRIM_HORIZON`, `LATEST`, `AT_TIMESTAMP`.
    public var start: String
    /// The checkpoint behind which it begins; nil where there is none.
    public var checkpoint: Position?
}

/// What the daemon says, a line each.
///
///     {"action":"initialize","shardId":"shardId-000000000000","sequenceNumber":"TRIM_HORIZON","subSequenceNumber":0}
///     {"action":"processRecords","records":[{"data":"eyJhIg==","partitionKey":"k","sequenceNumber":"495..","subSequenceNumber":0,
///      "approximateArrivalTimestamp":1795254227835,"action":"record"}],"millisBehindLatest":0}
///     {"action":"checkpoint","sequenceNumber":"495..","subSequenceNumber":0,"error":null}
///
/// From `MultiLangProtocol` of KCL 3.1.3. A record of an aggregate comes taken out of it, with its place in it.
enum KCLMessage {
    case initialize(KCLShard)
    case processRecords(JSONValue.Elements, millisecondsBehind: Int64?)
    /// The answer to a checkpoint; `error`: the exception's name.
    case checkpoint(error: String?)
    case leaseLost
    case shardEnded
    case shutdownRequested
    case other(String)

    /// As the status names it.
    var action: String {
        switch self {
        case .initialize: "initialize"
        case .processRecords: "processRecords"
        case .checkpoint: "checkpoint"
        case .leaseLost: "leaseLost"
        case .shardEnded: "shardEnded"
        case .shutdownRequested: "shutdownRequested"
        case .other(let name): name
        }
    }

    /// A view of the line and of the parser's document.
    init(_ line: ByteView, _ parser: JSONParser) throws(KCLError) {
        let root: JSONValue
        do throws(JSONError) { root = try parser.parse(line).root } catch {
            throw .malformed(reason: "a line of \(line.count) bytes is \(error)")
        }
        guard let action = root.text("action") else {
            throw .malformed(reason: "a line of \(line.count) bytes has no action")
        }
        switch action {
        case "initialize": self = .initialize(try KCLShard(root))
        case "processRecords":
            guard let records = root.member("records"), records.isArray else {
                throw .malformed(reason: "processRecords without records")
            }
            self = .processRecords(records.elements, millisecondsBehind: root.member("millisBehindLatest")?.integer)
        case "checkpoint": self = .checkpoint(error: root.text("error"))
        case "leaseLost": self = .leaseLost
        case "shardEnded": self = .shardEnded
        case "shutdownRequested": self = .shutdownRequested
        default: self = .other(action)
        }
    }
}

extension KCLShard {
    init(_ message: JSONValue) throws(KCLError) {
        guard let id = message.text("shardId"), KCLShard.isName(id) else {
            throw .malformed(reason: "initialize without a shard")
        }
        guard let start = message.text("sequenceNumber") else {
            throw .malformed(reason: "initialize of \(id) without a sequence number")
        }
        self.init(id: id, start: start)
        guard start.utf8.first.map({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) ?? false else { return }
        let sub = message.member("subSequenceNumber")?.integer ?? 0
        checkpoint = Position(sequenceNumber: start, subSequenceNumber: sub)
        guard checkpoint != nil else {
            throw .malformed(reason: "initialize of \(id) at \(start), which is not a sequence number")
        }
    }

    /// Shards are named by letters, digits, `_`, `.` and `-` (the service's own pattern): directories are called after them.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 128 && !text.hasPrefix(".")
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789_.-".unicodeScalars.contains($0))
            }
    }
}

/// A record in a message.
struct KCLRecord {
    var data: JSONValue?
    var position: Position
    var arrival: Timestamp?

    init(_ value: JSONValue) throws(KCLError) {
        var number: ByteView?
        var sub: Int64 = 0
        for (name, value) in value.members {
            if name.equals("data") {
                data = value.isNull ? nil : value
            } else if name.equals("sequenceNumber"), value.isString {
                number = value.rawString
            } else if name.equals("subSequenceNumber") {
                sub = value.bytes.decimal ?? 0
            } else if name.equals("approximateArrivalTimestamp") {
                arrival = value.bytes.decimal.map { Timestamp(milliseconds: $0) }
            }
        }
        guard let number, let position = Position(sequenceNumber: number, subSequenceNumber: sub) else {
            throw .malformed(reason: "a record without a sequence number")
        }
        self.position = position
    }
}

extension ByteView {
    /// A whole number that is not negative, of at most 18 digits; nil of anything else.
    fileprivate var decimal: Int64? {
        guard count > 0, count <= 18 else { return nil }
        var value: Int64 = 0
        for digit in self {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return value
    }
}
