import Worker

/// Manual pages in man(7)'s language: `converge.1`, `converge-COMMAND.1` and `converge.yaml.5`.
enum ManualPages {
    struct Page {
        /// As of its file: `converge-run.1`.
        var name: String
        var text: String
    }

    static func all(of manual: Manual) -> [Page] {
        [program(manual)] + manual.commands.map { command($0, manual) } + [configuration(manual)]
    }

    private static func pageName(_ command: Command) -> String { "converge-" + command.name.replacing(" ", with: "-") }

    private static func title(_ name: String, _ section: Int, _ manual: Manual) -> String {
        ".TH \(name.uppercased().replacing("-", with: "\\-")) \(section) \"\(manual.date)\" \"Converge \(manual.version)\" \"Converge\"\n"
    }

    private static func program(_ manual: Manual) -> Page {
        var text = title("converge", 1, manual)
        text += section("NAME") + "converge \\- \(escaped(lowered(manual.summary)))\n"
        text += section("SYNOPSIS") + ".B converge\n.I COMMAND\n.RI [ OPTION ]...\n"
        text += section("DESCRIPTION")
        text += paragraphs(
            """
            Converge is a stream worker that keeps one state of an Amazon Connect contact center across several AWS Regions. It reads events of every Region, merges them so that
            order, duplicates and crashes cannot change the result, and writes the state to DynamoDB global tables or to an embedded store. A controller moves contacts, agents
            and sign-in when a Region does not serve.
            """)
        text += section("COMMANDS")
        for command in manual.commands {
            text += ".TP\n.BR \(pageName(command).replacing("-", with: "\\-")) (1)\n\(escaped(command.summary))\n"
        }
        text += environment + exitStatus
        text += section("FILES") + ".TP\n.I /etc/converge/converge.yaml\n"
        text += "the configuration of a service that the package installed; see\n.BR converge.yaml (5)\n"
        text += section("SEE ALSO") + ".BR converge.yaml (5)\n"
        return Page(name: "converge.1", text: text)
    }

    private static func command(_ command: Command, _ manual: Manual) -> Page {
        let name = pageName(command)
        var text = title(name, 1, manual)
        text += section("NAME") + "\(name.replacing("-", with: "\\-")) \\- \(escaped(lowered(command.summary)))\n"
        text += section("SYNOPSIS") + ".B converge \(escaped(command.name))\n\(escaped(command.usage))\n"
        text += section("DESCRIPTION") + paragraphs(command.summary)
        if !command.notes.isEmpty { text += ".PP\n" + paragraphs(command.notes) }
        text += section("OPTIONS")
        for flag in command.allFlags {
            let value = flag.value.map { " \\fI\(escaped($0))\\fR" } ?? ""
            text += ".TP\n.B \\-\\-\(escaped(flag.name))\(value)\n\(escaped(sentence(flag.help)))\n"
        }
        text += environment + exitStatus + section("SEE ALSO") + ".BR converge (1),\n.BR converge.yaml (5)\n"
        return Page(name: name + ".1", text: text)
    }

    private static func configuration(_ manual: Manual) -> Page {
        var text = title("converge.yaml", 5, manual)
        text += section("NAME") + "converge.yaml \\- the configuration of Converge\n"
        text += section("DESCRIPTION")
        text += paragraphs(
            """
            One file in YAML for the worker, the API and the failover controller; each reads what it needs of it. A dot in a key's name may also be a level of the file. A flag beats an
            environment variable, which beats the file, which beats the default. Secrets may be in a file of their own, which the key with _file behind its name names.

            converge config check --config FILE says what is in force and where it comes from.
            """)
        let schema = ConfigurationSchema.worker
        for name in schema.sections {
            text += section(name.uppercased())
            for key in schema.keys where key.section == name {
                let standard = key.defaultText.map { "Default: \($0)." } ?? (key.unset.isEmpty ? "" : "Not set: \(key.unset).")
                text += ".TP\n.B \(escaped(key.name))\n"
                text += escaped("\(sentence(key.help)) Accepted: \(key.accepted). \(standard)") + "\n.br\n"
                text += ".BR \\-\\-\(escaped(key.flagName)) , \" \(escaped(key.environmentName))\"\n"
            }
        }
        text += section("SEE ALSO") + ".BR converge (1),\n.BR converge\\-config (1)\n"
        return Page(name: "converge.yaml.5", text: text)
    }

    // MARK: What all pages have

    private static let environment =
        section("ENVIRONMENT")
            + """
            Every flag can also be set by an environment variable:
            .B \\-\\-max\\-skew
            by
            .BR CONVERGE_MAX_SKEW .
            The AWS variables (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL and others) mean what they mean to the AWS CLI.

            """

    private static let exitStatus =
        section("EXIT STATUS") + ".TP\n.B 0\ndone\n.TP\n.B 1\nfailed\n.TP\n.B 2\nwrong usage or configuration\n"

    private static func section(_ name: String) -> String { ".SH \(name.contains(" ") ? "\"\(name)\"" : name)\n" }

    // MARK: Text

    /// Lines that are indented stand as they are; others are filled, with paragraphs between empty ones.
    private static func paragraphs(_ text: String) -> String {
        var out = ""
        var isVerbatim = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("  ") != isVerbatim, !line.isEmpty {
                out += isVerbatim ? ".EE\n" : ".EX\n"
                isVerbatim.toggle()
            }
            out += line.isEmpty ? (isVerbatim ? "\n" : ".PP\n") : escaped(String(line)) + "\n"
        }
        return out + (isVerbatim ? ".EE\n" : "")
    }

    private static func escaped(_ text: String) -> String {
        var out = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("`", with: "\\(ga")
        if out.hasPrefix(".") || out.hasPrefix("'") { out = "\\&" + out }
        return out
    }

    /// As a line of `NAME` has it: small, without its full stop.
    private static func lowered(_ summary: String) -> String {
        let text = summary.hasSuffix(".") ? String(summary.dropLast()) : summary
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }
}
