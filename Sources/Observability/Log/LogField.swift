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
    func append(to buffer: inout ByteBuffer) {
        switch self {
        case .text(let text): buffer.appendJSONString(scrubbed(text))
        case .integer(let value): buffer.appendDecimal(Int64(value))
        case .number(let value): buffer.append(value.isFinite ? "\(value)" : "null")
        case .boolean(let value): buffer.append(value ? "true" : "false")
        case .time(let time): buffer.appendJSONString("\(time)")
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
        var buffer = ByteBuffer(capacity: 256)
        switch format {
        case .json:
            buffer.append("{\"time\":\"")
            time.append(to: &buffer)
            buffer.append("\",\"level\":\"\(level.name)\",\"event\":")
            buffer.appendJSONString(event)
            buffer.append(",\"message\":")
            buffer.appendJSONString(scrubbed(message))
            if !fields.isEmpty {
                buffer.append(",\"fields\":{")
                for (index, field) in fields.enumerated() {
                    if index > 0 { buffer.append(UInt8(ascii: ",")) }
                    buffer.appendJSONString(field.name)
                    buffer.append(UInt8(ascii: ":"))
                    field.value.append(to: &buffer)
                }
                buffer.append(UInt8(ascii: "}"))
            }
            buffer.append(UInt8(ascii: "}"))
        case .text:
            time.append(to: &buffer)
            let name = level.name
            buffer.append("  \(name)" + String(repeating: " ", count: 9 - name.count))
            buffer.append("\(event)  \(printable(scrubbed(message)))")
            for field in fields { buffer.append("  \(field.name)=\(field.value.shown)") }
        }
        buffer.append(UInt8(ascii: "\n"))
        return buffer.array
    }
}
