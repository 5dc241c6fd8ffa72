import JSON
public import Platform

/// The value of a field of a log line.
public enum LogValue: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case time(Timestamp)
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
}

extension LogValue {
    /// As JSON. Text is scrubbed; a number that JSON cannot hold is null.
    func write(to json: inout JSONWriter) {
        switch self {
        case .text(let text): json.string(scrubbed(text))
        case .integer(let value): json.integer(Int64(value))
        case .number(let value): json.number(value)
        case .boolean(let value): json.bool(value)
        case .time(let time): json.string("\(time)")
        }
    }

    /// For people: text is scrubbed, and quoted where it holds a blank.
    var shown: String {
        switch self {
        case .text(let text):
            let clean = printable(scrubbed(text))
            return clean.isEmpty || clean.contains(" ") ? "\"\(clean)\"" : clean
        case .integer(let value): return "\(value)"
        case .number(let value): return "\(value)"
        case .boolean(let value): return "\(value)"
        case .time(let time): return "\(time)"
        }
    }
}

/// A message with its fields, before it is a line.
struct LogRecord: Sendable {
    var time: Timestamp
    var level: LogLevel
    var event: String
    var message: String
    var fields: [(name: String, value: LogValue)]

    /// The line with its line break. Control characters are escaped, so a line is one line.
    func line(_ format: LogFormat) -> [UInt8] {
        switch format {
        case .json:
            var json = JSONWriter(capacity: 256)
            json.object { json in
                json.member("time", "\(time)")
                json.member("level", level.name)
                json.member("event", event)
                json.member("message", scrubbed(message))
                guard !fields.isEmpty else { return }
                json.object("fields") { json in
                    for field in fields {
                        json.key(field.name)
                        field.value.write(to: &json)
                    }
                }
            }
            json.endLine()
            return json.bytes
        case .lambda:
            var json = JSONWriter(capacity: 256)
            json.object { json in
                json.member("timestamp", "\(time)")
                json.member("level", level == .warning ? "WARN" : level.name.uppercased())
                json.member("event", event)
                json.member("message", scrubbed(message))
                for field in fields {
                    json.key(field.name)
                    field.value.write(to: &json)
                }
            }
            json.endLine()
            return json.bytes
        case .text:
            var buffer = ByteBuffer(capacity: 256)
            time.append(to: &buffer)
            let name = level.name
            buffer.append("  \(name)" + String(repeating: " ", count: 9 - name.count))
            buffer.append("\(event)  \(printable(scrubbed(message)))")
            for field in fields { buffer.append("  \(field.name)=\(field.value.shown)") }
            buffer.append(UInt8(ascii: "\n"))
            return buffer.array
        }
    }
}
