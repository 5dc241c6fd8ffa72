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
        /// It is told, and does not make the whole unhealthy: of what stands beside.
        public var isBeside: Bool

        public init(
            _ name: String, isHealthy: Bool, _ detail: String = "", since: Timestamp? = nil, isBeside: Bool = false
        ) {
            self.name = name
            self.isHealthy = isHealthy
            self.detail = detail
            self.since = since
            self.isBeside = isBeside
        }
    }

    public var checks: [Check]

    public init(_ checks: [Check] = []) { self.checks = checks }

    /// All checks are, but for those of what stands beside.
    public var isHealthy: Bool { checks.allSatisfy { $0.isHealthy || $0.isBeside } }

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
            let isBeside = check.member("beside").map { _ in true } ?? false
            self.checks.append(
                Check(name, isHealthy: status == "ok", text(check.member("detail")) ?? "", since: since, isBeside: isBeside))
        }
    }

    /// As `/health/ready` tells it: every check.
    public var json: String {
        func status(_ isHealthy: Bool) -> String { isHealthy ? "ok" : "failing" }
        return jsonLine { json in
            json.member("status", status(isHealthy))
            json.array("checks") { json in
                for check in checks {
                    json.object { json in
                        json.member("name", check.name)
                        json.member("status", status(check.isHealthy))
                        if !check.detail.isEmpty { json.member("detail", scrubbed(check.detail)) }
                        if let since = check.since { json.member("since", "\(since)") }
                        if check.isBeside { json.member("beside", true) }
                    }
                }
            }
        }
    }
}
