import FailoverCore

extension FailoverReport {
    /// One page that needs nothing else: no scripts, no other files. Light and dark as the reader's system is.
    package var html: String {
        let title = ReportText.title(self).html
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="color-scheme" content="light dark">
            <title>\(title)</title>
            <style>
            \(FailoverReport.style)
            </style>
            </head>
            <body>
            <main>
            <h1>\(title)</h1>
            \(summaryList)
            <h2>Phases</h2>
            \(ReportTimeline(self).svg)
            \(phaseTable)
            <h2>What was changed</h2>
            \(changeTable)
            \(list("Signals and words", signals))\(list("Rules", rules))\(contacts)\(history)\(list("Remarks", remarks))</main>
            </body>
            </html>

            """
    }

    private var summaryList: String {
        var rows = [
            ("lost to landed", ReportText.took(recovery), recovery.isKnown),
            ("facts lost at most", ReportText.took(lostAtMost), lostAtMost.isKnown),
            ("wanted by", "\(intent.author) (\(intent.cause.rawValue))", true),
            ("at", "\(ReportText.time(intent.proposedAt))", true),
        ]
        if let sequel {
            rows.append(("ended by", "term \(sequel.term), \(ReportText.time(sequel.proposedAt))", true))
        }
        let cells = rows.map { name, value, isKnown in
            "<div><dt>\(name)</dt><dd\(isKnown ? "" : " class=\"unknown\"")>\(value.html)</dd></div>"
        }
        return "<dl class=\"summary\">\n\(cells.joined(separator: "\n"))\n</dl>"
    }

    private var phaseTable: String {
        func moment(_ moment: ReportMoment?) -> String {
            guard let moment else { return "<span class=\"unknown\">not known</span>" }
            return "\(ReportText.clock(moment.at))<br><small>\(moment.says.html), by the clock of \(moment.clock.html)</small>"
        }
        let rows = phases.map { phase in
            """
            <tr><th scope="row">\(ReportText.name(phase.name))<br><small>\(ReportText.explanation(phase.name))</small></th>\
            <td>\(moment(phase.from))</td><td>\(moment(phase.to))</td>\
            <td\(phase.took.isKnown ? "" : " class=\"unknown\"")>\(ReportText.took(phase.took).html)</td></tr>
            """
        }
        return table(["phase", "from (UTC)", "to (UTC)", "took"], rows)
    }

    private var changeTable: String {
        table(
            ["group", "before", "after"],
            changes.map {
                "<tr><th scope=\"row\">\($0.group.html)</th><td>\(ReportText.shares($0.before).html)</td><td>\($0.after.text.html)</td></tr>"
            })
    }

    private var contacts: String {
        guard let landing, !landing.minutes.isEmpty else { return "" }
        let rows = landing.minutes.map {
            "<tr><th scope=\"row\">\(ReportText.time($0.start))</th><td>\($0.losing)</td><td>\($0.gaining)</td></tr>"
        }
        return """
            <h2>Contacts that started, by minute</h2>
            \(ReportTimeline.contacts(landing))
            <details><summary>The same as a table</summary>
            \(table(["minute (UTC)", landing.losing.html, landing.gaining.html], rows))
            </details>

            """
    }

    private var history: String {
        guard !timeline.isEmpty else { return "" }
        let rows = timeline.map { entry in
            """
            <tr><td>\(ReportText.time(entry.at))</td><td>\(entry.author.html)</td><td>\(entry.kind.rawValue)</td>\
            <td>\(entry.shownLines.map(\.html).joined(separator: "<br>"))</td></tr>
            """
        }
        return "<h2>History</h2>\n\(table(["time (UTC)", "who", "what", "says"], rows))\n"
    }

    private func list(_ title: String, _ lines: [String]) -> String {
        guard !lines.isEmpty else { return "" }
        return "<h2>\(title)</h2>\n<ul>\n\(lines.map { "<li>\($0.html)</li>\n" }.joined())</ul>\n"
    }

    /// `header` and `rows` are HTML.
    private func table(_ header: [String], _ rows: [String]) -> String {
        """
        <div class="wide"><table>
        <thead><tr>\(header.map { "<th scope=\"col\">\($0)</th>" }.joined())</tr></thead>
        <tbody>
        \(rows.joined(separator: "\n"))
        </tbody>
        </table></div>
        """
    }

    /// Contrast of text on its ground is above 7 to 1 in both.
    private static let style = """
        :root { --ground: #ffffff; --text: #16181d; --faint: #4b5260; --line: #c9ced6; --bar: #1257b8; --other: #9a4a00; --unknown: #8a1c1c; }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #111418; --text: #eceff3; --faint: #b3bac5; --line: #3a414c; --bar: #7db3ff; --other: #ffb066; --unknown: #ffa3a3; }
        }
        body { margin: 0; background: var(--ground); color: var(--text); font: 17px/1.5 system-ui, sans-serif; }
        main { max-width: 64rem; margin: 0 auto; padding: 1.5rem; }
        h1 { font-size: 1.7rem; line-height: 1.2; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
        .summary { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem; margin: 0; }
        .summary div { border-left: 4px solid var(--bar); padding-left: .7rem; }
        dt { color: var(--faint); font-size: .85rem; } dd { margin: 0; font-size: 1.25rem; font-weight: 600; overflow-wrap: anywhere; }
        dd.unknown { font-size: 1rem; font-weight: 400; } .unknown { color: var(--unknown); }
        .wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; vertical-align: top; padding: .4rem .7rem .4rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
        small { color: var(--faint); font-weight: 400; } svg { width: 100%; height: auto; }
        svg text { fill: var(--text); font: 14px system-ui, sans-serif; } svg .faint { fill: var(--faint); } svg .no { fill: var(--unknown); }
        svg line { stroke: var(--line); } svg .bar { fill: var(--bar); } svg .other { fill: var(--other); }
        @media print { :root { --ground: #fff; --text: #000; --faint: #333; --bar: #1257b8; --other: #9a4a00; --unknown: #8a1c1c; } }
        """
}

extension ReportPhase.Took {
    var isKnown: Bool { if case .unknown = self { false } else { true } }
}

extension String {
    /// As it stands in HTML, in text and in quoted attributes, and means itself.
    var html: String {
        ReportText.shown(self).reduce(into: "") { out, character in
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.append(character)
            }
        }
    }
}
