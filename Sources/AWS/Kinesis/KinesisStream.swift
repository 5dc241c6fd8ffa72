/// A stream as operations name it: by ARN where that is known, which works across accounts and costs the service no look-up.
public struct KinesisStream: Hashable, Sendable {
    public var name: String
    public var region: String
    public var arn: String?

    public init(name: String, region: String, arn: String? = nil) {
        self.name = name
        self.region = region
        self.arn = arn
    }

    /// Nil of anything but `arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME`.
    public init?(arn: String) {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "kinesis", !parts[3].isEmpty, parts[5].hasPrefix("stream/")
        else {
            return nil
        }
        let name = parts[5].dropFirst("stream/".count)
        guard !name.isEmpty, !name.contains("/") else { return nil }
        self.init(name: String(name), region: String(parts[3]), arn: arn)
    }
}
