import JSON
public import Platform

/// Whether something works, and what that rests on.
public struct HealthReport: Sendable {
    public struct Check: Sendable {
        /// Stable, such as `kafka.assigned`.
        public var name: String
        public var isHealthy: Bool
        /// What is the matter, or a figure: for people, without personal data.
        public var detail: String
        /// Since when it has not been healthy; nil where it is, or where that is not known.
        public var since: Timestamp?

        public init(_ name: String, isHealthy: Bool, _ detail: String = "", since: Timestamp? = nil) {
            self.name = name
            self.isHealthy = isHealthy
            self.detail = detail
            self.since = since
        }
    }

    public var checks: [Check]

    public init(_ checks: [Check] = []) { self.checks = checks }

    /// All checks are.
    public var isHealthy: Bool { checks.allSatisfy(\.isHealthy) }

    /// What ``json`` told; nil of anything else.
    public init?(json: ByteView) {
        // The parser owns the index that the document is read by.
        let parser = JSONParser()
        defer { withExtendedLifetime(parser) {} }
        guard let root = try? parser.parse(json).root, let checks = root.member("checks"), checks.isArray else { return nil }
        func text(_ value: JSONValue?) -> String? {
            guard let value, value.isString else { return nil }
            var text = ByteBuffer()
            value.appendUnescaped(to: &text)
            return text.bytes.text
        }
        self.init()
        for check in checks.elements {
            guard let name = text(check.member("name")), let status = text(check.member("status")) else { return nil }
            let since = text(check.member("since")).flatMap { Timestamp($0) }
            self.checks.append(Check(name, isHealthy: status == "ok", text(check.member("detail")) ?? "", since: since))
        }
    }

    /// As `/health/ready` tells it: every check.
    public var json: String {
        func status(_ isHealthy: Bool) -> String { isHealthy ? "\"ok\"" : "\"failing\"" }
        let members = checks.map { check in
            let detail = check.detail.isEmpty ? "" : ",\"detail\":\(jsonText(scrubbed(check.detail)))"
            let since = check.since.map { ",\"since\":\"\($0)\"" } ?? ""
            return "{\"name\":\(jsonText(check.name)),\"status\":\(status(check.isHealthy))\(detail)\(since)}"
        }
        return "{\"status\":\(status(isHealthy)),\"checks\":[\(members.joined(separator: ","))]}\n"
    }
}
