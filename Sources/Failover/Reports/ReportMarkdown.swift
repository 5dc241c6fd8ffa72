import FailoverCore

extension FailoverReport {
    /// For a ticket or a wiki. What came from outside is escaped: it makes no headings, links, tables or HTML.
    package var markdown: String {
        var out = "# \(ReportText.title(self).markdown)\n\n"
        out += "- lost to landed: **\(ReportText.took(recovery).markdown)**\n"
        out += "- facts lost at most: **\(ReportText.took(lostAtMost).markdown)**\n"
        out += "- who: \(intent.author.markdown) (\(intent.cause.rawValue)), \(ReportText.time(intent.proposedAt))\n"
        if let sequel { out += "- ended by term \(sequel.term), \(ReportText.time(sequel.proposedAt))\n" }
        out += "\n## Phases\n\n| phase | from | to | took |\n|---|---|---|---|\n"
        for phase in phases {
            out +=
                "| \(ReportText.name(phase.name)) | \(moment(phase.from)) | \(moment(phase.to)) | \(ReportText.took(phase.took).markdown) |\n"
        }
        out += "\n## What was changed\n\n| group | before | after |\n|---|---|---|\n"
        for change in changes {
            out +=
                "| \(change.group.markdown) | \(ReportText.shares(change.before).markdown) | \(change.after.text.markdown) |\n"
        }
        out += list("Signals and words", signals) + list("Rules", rules)
        out += contacts
        if !timeline.isEmpty {
            out += "\n## History\n\n| time (UTC) | who | what | |\n|---|---|---|---|\n"
            for entry in timeline {
                let lines = entry.shownLines.map(\.markdown).joined(separator: "<br>")
                out +=
                    "| \(ReportText.time(entry.at)) | \(entry.author.markdown) | \(entry.kind.rawValue) | \(lines) |\n"
            }
        }
        return out + list("Remarks", remarks)
    }

    private func moment(_ moment: ReportMoment?) -> String {
        moment.map { "\(ReportText.clock($0.at)) (\($0.clock.markdown))" } ?? "not known"
    }

    private func list(_ title: String, _ lines: [String]) -> String {
        lines.isEmpty ? "" : "\n## \(title)\n\n" + lines.map { "- \($0.markdown)\n" }.joined()
    }

    private var contacts: String {
        guard let landing, !landing.minutes.isEmpty else { return "" }
        var out =
            "\n## Contacts that started, by minute\n\n| minute (UTC) | \(landing.losing.markdown) | \(landing.gaining.markdown) |\n|---|---:|---:|\n"
        for minute in landing.minutes { out += "| \(ReportText.time(minute.start)) | \(minute.losing) | \(minute.gaining) |\n" }
        return out
    }
}

extension JournalEntry {
    /// Without the figures that are for programs.
    package var shownLines: [String] { lines.filter { !$0.hasPrefix("landing/1 ") } }
}

extension String {
    /// As it stands in Markdown, and means itself.
    fileprivate var markdown: String {
        var out = ""
        for character in ReportText.shown(self) {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\\", "`", "*", "_", "[", "]", "|", "~", "#", "!", "$", "@": out += "\\\(character)"
            // What GitHub would make a link of by itself.
            case "/" where out.hasSuffix(":"), "." where out.lowercased().hasSuffix("www"): out += "\\\(character)"
            default: out.append(character)
            }
        }
        return out
    }
}
