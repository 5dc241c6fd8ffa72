import Worker

/// Everything that `--help` tells, as a value: what completions and manual pages are made of.
struct Manual {
    /// Commands that share the first word of their names.
    struct Group {
        var name: String
        var summary: String
    }

    var version: String
    /// Year, month and day.
    var date: String
    var summary: String
    /// In the order of the help. Those of a group have both words in their names.
    var commands: [Command]
    var groups: [Group]

    /// First words: commands that stand alone, and groups.
    var words: [(name: String, summary: String)] {
        commands.filter { !$0.name.contains(" ") }.map { ($0.name, $0.summary) } + groups.map { ($0.name, $0.summary) }
    }

    func commands(of group: Group) -> [Command] { commands.filter { $0.name.hasPrefix(group.name + " ") } }
}

extension Command {
    /// The last word of the name.
    var word: String { String(name.split(separator: " ").last ?? "") }

    /// Words to choose from as the first operand: `create`, `check`, .. of `tables create|check|..`.
    var actions: [String] {
        let first = usage.split(separator: " ").first ?? ""
        let words = first.split(separator: "|").map(String.init)
        return words.allSatisfy(FlagValue.isWord) ? words : []
    }

    /// As the manual has it: every command takes `--help`.
    var allFlags: [Flag] { flags + [Flag("help", nil, "show this help")] }
}

/// What a flag's value may be, as far as its placeholder says so.
enum FlagValue: Equatable {
    case none
    case words([String])
    case file
    case directory
    case other

    init(_ flag: Flag) {
        guard let value = flag.value else {
            self = .none
            return
        }
        let parts = value.split(separator: "|").map(String.init)
        let words = parts.count > 1 ? parts.filter { !FlagValue.placeholders.contains($0) } : []
        switch parts.first {
        case "FILE": self = .file
        case "DIR": self = .directory
        default: self = words.isEmpty ? .other : .words(words)
        }
    }

    /// What stands for something beside words that are written as they stand.
    private static let placeholders: Set = ["FILE", "DIR", "TIME", "N", "LIST", "-"]

    /// Small letters, digits and dashes: it is written as it stands, as against `DIR`, which stands for something.
    static func isWord(_ text: String) -> Bool {
        text.first?.isLowercase == true && text.allSatisfy { $0.isLowercase || $0.isNumber || "-_".contains($0) }
    }
}
