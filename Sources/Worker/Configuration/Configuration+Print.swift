import JSON
import Platform

extension Configuration {
    /// What stands for a secret wherever a configuration is printed.
    public static let mask = "********"

    /// Whether an option of another library may hold a secret, by its name: librdkafka's passwords, keys, OAUTHBEARER settings (the URL of a
    /// token's endpoint may hold a password), and the command that renews a Kerberos ticket.
    static func isSecretOption(_ name: String) -> Bool {
        ["password", "secret", "token", ".pem", "oauthbearer.config", "oauthbearer.extensions", "kinit.cmd", "ssl_key", "jaas"]
            .contains { name.lowercased().contains($0) }
    }

    /// The configuration as a file, a comment behind each value telling where it came from. Secrets are masked, what is not set or
    /// does nothing is a comment. Read again, it is the same configuration but for its secrets.
    public var yaml: String {
        var out = ""
        for section in schema.sections {
            let isSection = schema.isSection(section)
            if isSection { out += "\(section):\n" }
            for key in schema.keys where key.section == section {
                let name = isSection ? String(key.name.dropFirst(section.count + 1)) : key.name
                let indent = isSection ? "  " : ""
                if case .options = key.kind {
                    out += optionLines(key, name, indent)
                } else if let entry = entries[key.name] {
                    let value = key.isSecret ? yamlText(Configuration.mask) : yamlText(entry.value)
                    // Read again, it would be given, and is a default that nobody gave.
                    if let (missing, _) = idleReason(key.name) {
                        out += "\(indent)# \(name): \(value) (has no effect \(missing))\n"
                    } else {
                        out += "\(indent)\(name): \(value)  # \(origin(entry))\n"
                    }
                } else {
                    out +=
                        "\(indent)# \(name): not set" + (key.unset.isEmpty || key.unset == "none" ? "" : " (\(key.unset))")
                        + "\n"
                }
            }
        }
        return out
    }

    private func optionLines(_ key: ConfigurationKey, _ name: String, _ indent: String) -> String {
        guard let given = options[key.name], !given.isEmpty else { return "\(indent)# \(name): not set\n" }
        return "\(indent)\(name):\n"
            + given.sorted { $0.key < $1.key }.map { option, entry in
                let value = Configuration.isSecretOption(option) ? yamlText(Configuration.mask) : yamlText(entry.value)
                return "\(indent)  \(yamlText(option)): \(value)  # \(origin(entry))\n"
            }.joined()
    }

    private func origin(_ entry: Entry) -> String {
        "\(entry.origin)" + (entry.secretFile.map { ", from \(printable($0))" } ?? "")
    }

    /// One JSON object and a newline: a member a key, with `value` (null where it is not set), for durations and sizes the `unit`,
    /// and `origin`. Secrets are masked.
    public var json: String {
        jsonLine { json in
            for key in schema.keys {
                if case .options = key.kind {
                    for (option, entry) in (options[key.name] ?? [:]).sorted(by: { $0.key < $1.key }) {
                        let isSecret = Configuration.isSecretOption(option)
                        write("\(key.name).\(option)", isSecret ? .text(Configuration.mask) : entry.value, entry, to: &json)
                    }
                } else if let entry = entries[key.name] {
                    write(key.name, key.isSecret ? .text(Configuration.mask) : entry.value, entry, to: &json)
                } else {
                    json.key(key.name)
                    json.object {
                        $0.member("origin", "not set")
                        $0.key("value")
                        $0.null()
                    }
                }
            }
        }
    }

    /// What is in force, as the console shows it: an array with an object a key, `key`, `origin`, `isSecret` and `value` (in words; null where it is not set). Secrets are
    /// masked here, and nowhere later.
    var shown: String {
        var json = JSONWriter(capacity: 16 << 10)
        func write(_ name: String, _ value: String?, _ origin: String, isSecret: Bool, to json: inout JSONWriter) {
            json.object { json in
                json.member("isSecret", isSecret)
                json.member("key", name)
                json.member("origin", origin)
                json.member("value", isSecret && value != nil ? Configuration.mask : value)
            }
        }
        json.array { json in
            for key in schema.keys {
                if case .options = key.kind {
                    for (option, entry) in (options[key.name] ?? [:]).sorted(by: { $0.key < $1.key }) {
                        write(
                            "\(key.name).\(option)", plainText(entry.value), origin(entry),
                            isSecret: Configuration.isSecretOption(option), to: &json)
                    }
                } else if let entry = entries[key.name] {
                    write(key.name, plainText(entry.value), origin(entry), isSecret: key.isSecret, to: &json)
                } else {
                    write(key.name, nil, "not set", isSecret: key.isSecret, to: &json)
                }
            }
        }
        return json.buffer.bytes.text
    }

    private func write(_ name: String, _ value: ConfigurationValue, _ entry: Entry, to json: inout JSONWriter) {
        json.key(name)
        json.object { json in
            json.member("origin", origin(entry))
            switch value {
            case .text(let text): json.member("value", text)
            case .integer(let value): json.member("value", value)
            case .boolean(let value): json.member("value", value)
            case .list(let items): json.array("value") { json in for item in items { json.string(item) } }
            case .time(let time): json.member("value", "\(time)")
            case .bytes(let value):
                json.member("unit", "bytes")
                json.member("value", value)
            case .milliseconds(let value):
                json.member("unit", "milliseconds")
                json.member("value", value)
            }
        }
    }
}

private func plainText(_ value: ConfigurationValue) -> String {
    switch value {
    case .text(let text): text
    case .list(let items): items.joined(separator: ", ")
    case .integer, .bytes, .milliseconds, .boolean, .time: yamlText(value)
    }
}

private func yamlText(_ value: ConfigurationValue) -> String {
    switch value {
    case .text(let text): yamlText(text)
    case .integer(let value): "\(value)"
    case .bytes(let value): Quantity.text(bytes: value)
    case .milliseconds(let value): Quantity.text(milliseconds: value)
    case .list(let items): "[" + items.map { yamlText($0) }.joined(separator: ", ") + "]"
    case .boolean(let value): "\(value)"
    case .time(let time): yamlText("\(time)")
    }
}

/// Plain where nothing else could be read from it, else in double quotes, whose escapes YAML shares with JSON.
private func yamlText(_ text: String) -> String {
    let isPlain = text.utf8.enumerated().allSatisfy { index, byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "/"), UInt8(ascii: "_"):
            true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"): index > 0
        default: false
        }
    }
    if isPlain, !text.isEmpty, !["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased()) {
        return text
    }
    // Beyond ASCII, YAML forbids some characters that JSON leaves as they are.
    var quoted = "\""
    for scalar in text.unicodeScalars {
        switch scalar.value {
        case 0x22: quoted += "\\\""
        case 0x5C: quoted += "\\\\"
        case 0x20..<0x7F: quoted.unicodeScalars.append(scalar)
        case 0..<0x1_0000: quoted += "\\u" + hexadecimal(scalar.value, 4)
        default: quoted += "\\U" + hexadecimal(scalar.value, 8)
        }
    }
    return quoted + "\""
}

private func hexadecimal(_ value: UInt32, _ digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
