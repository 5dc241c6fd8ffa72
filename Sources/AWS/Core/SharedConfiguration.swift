import HTTPClient
import Platform

/// The shared configuration and credentials files: profiles, and the endpoints of services.
///
/// `AWS_CONFIG_FILE` (`~/.aws/config`) and `AWS_SHARED_CREDENTIALS_FILE` (`~/.aws/credentials`); the profile of `AWS_PROFILE`,
/// else `default`. A setting of the credentials file wins over the same one of the configuration file
/// (https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html).
public struct SharedConfiguration: Sendable {
    /// Settings by name, in lower case. Values may be secrets.
    typealias Settings = [String: String]

    /// The profile in use.
    public let profileName: String
    /// Whether the environment asked for it by name: then it has to exist.
    let isProfileNamed: Bool
    private var profiles: [String: Settings] = [:]
    private var services: [String: [String: Settings]] = [:]

    public init(_ environment: Environment) {
        let named = environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]
        profileName = named ?? "default"
        isProfileNamed = named != nil
        func text(_ variable: String, _ name: String) -> String {
            let home = environment["HOME"]
            var path = environment[variable] ?? home.map { "\($0)/.aws/\(name)" }
            if let spelled = path, spelled.hasPrefix("~/"), let home { path = home + spelled.dropFirst() }
            return path.flatMap { contents(ofFile: $0) } ?? ""
        }
        read(configuration: text("AWS_CONFIG_FILE", "config"))
        read(credentials: text("AWS_SHARED_CREDENTIALS_FILE", "credentials"))
    }

    /// The settings of the profile in use; nil where there is none of that name.
    var profile: Settings? { profiles[profileName] }

    func profile(_ name: String) -> Settings? { profiles[name] }

    /// The settings of a service in a `services` section.
    func service(_ name: String, in section: String) -> Settings? { services[section]?[name] }

    private mutating func read(configuration text: String) {
        for section in SharedConfiguration.sections(text) {
            let words = section.name.split(whereSeparator: { $0 == " " || $0 == "\t" })
            let name = words.dropFirst().joined(separator: " ").filter { $0 != "\"" && $0 != "'" }
            switch words.first {
            case "default" where words.count == 1: merge(section.settings, into: "default")
            case "profile" where words.count > 1: merge(section.settings, into: name)
            case "services" where words.count > 1: services[name] = section.nested
            default: break
            }
        }
    }

    private mutating func read(credentials text: String) {
        for section in SharedConfiguration.sections(text) { merge(section.settings, into: section.name) }
    }

    private mutating func merge(_ settings: Settings, into profile: String) {
        profiles[profile, default: [:]].merge(settings) { $1 }
    }

    private struct Section {
        var name: String
        var settings: Settings = [:]
        /// Settings that are indented below one without a value.
        var nested: [String: Settings] = [:]
    }

    private static func sections(_ text: String) -> [Section] {
        var sections: [Section] = []
        var parent: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let content = trimmed(line)
            guard let first = content.first, first != "#", first != ";" else { continue }
            if first == "[" {
                let name = content.dropFirst().prefix { $0 != "]" }
                sections.append(Section(name: String(trimmed(name))))
                parent = nil
                continue
            }
            guard !sections.isEmpty, let mark = content.firstIndex(of: "=") else { continue }
            let key = trimmed(content[..<mark]).lowercased()
            let value = String(trimmed(content[content.index(after: mark)...]))
            let isIndented = line.first == " " || line.first == "\t"
            if isIndented, let parent {
                sections[sections.count - 1].nested[parent, default: [:]][key] = value
            } else {
                parent = value.isEmpty ? key : nil
                if !value.isEmpty { sections[sections.count - 1].settings[key] = value }
            }
        }
        return sections
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
