/// One JSON object and a line break: what the program prints for other programs.
///
///     jsonLine {
///         $0.member("status", "ok")
///         $0.member("seconds", number: fixed(seconds, 3))
///     }
public func jsonLine(_ members: (inout JSONWriter) -> Void) -> String {
    var json = JSONWriter()
    json.object(members)
    json.endLine()
    return json.buffer.bytes.text
}
