import Platform

/// A JSON string.
public func jsonText(_ text: String) -> String {
    var buffer = ByteBuffer(capacity: text.utf8.count + 16)
    buffer.appendJSONString(text)
    return buffer.bytes.text
}
