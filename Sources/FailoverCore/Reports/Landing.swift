/// How a change was seen to land: contacts and agents in the Region that gains, and what is known of the one that loses. Times are in milliseconds since 1970; those of
/// contacts, agents and facts are Connect's, those of the watch are its machine's.
package struct Landing: Equatable, Sendable {
    /// Contacts that started in one minute.
    package struct Minute: Equatable, Sendable {
        package var start: Int64
        package var gaining: Int
        package var losing: Int

        package init(start: Int64, gaining: Int, losing: Int) {
            self.start = start
            self.gaining = gaining
            self.losing = losing
        }
    }

    package var term: Int64
    package var gaining: String
    package var losing: String
    /// When the change was begun, and until when it was watched, by the clock of who watches.
    package var began: Int64
    package var until: Int64
    /// Of the first contact that started in the gaining Region since then; nil: none was heard of.
    package var firstStart: Int64?
    /// Of the newest fact of the losing Region that could be read when it began, and until now; nil: none was ever read.
    package var factBefore: Int64?
    package var factNewest: Int64?
    /// Oldest first, without gaps; those of before the change too.
    package var minutes: [Minute]
    /// Agents who were online in the losing Region when it began, and how many of them were available in the gaining one since; nil: nobody told of agents.
    package var agentsBefore: Int?
    package var agentsBack: Int
    /// When half of them, and nine tenths, were.
    package var half: Int64?
    package var most: Int64?

    package init(
        term: Int64, gaining: String, losing: String, began: Int64, until: Int64, firstStart: Int64? = nil,
        factBefore: Int64? = nil, factNewest: Int64? = nil, minutes: [Minute] = [], agentsBefore: Int? = nil,
        agentsBack: Int = 0, half: Int64? = nil, most: Int64? = nil
    ) {
        self.term = term
        self.gaining = gaining
        self.losing = losing
        self.began = began
        self.until = until
        self.firstStart = firstStart
        self.factBefore = factBefore
        self.factNewest = factNewest
        self.minutes = minutes
        self.agentsBefore = agentsBefore
        self.agentsBack = agentsBack
        self.half = half
        self.most = most
    }
}

// MARK: - As lines of the history

extension Landing {
    /// What a line of the history says of it: a sentence for people, and the figures, out of which ``init(lines:)`` makes it again.
    package var lines: [String] {
        let contacts =
            firstStart.map { "the first contact started in \(gaining) \(($0 - began) / 1000) s after the change was begun" }
            ?? "no contact was heard to start in \(gaining) yet"
        let agents = agentsBefore.map { "\(agentsBack) of \($0) agents are available there" } ?? "nothing is known of agents"
        func text(_ time: Int64?) -> String { time.map(String.init) ?? "-" }
        let counted = minutes.map { "\($0.gaining)/\($0.losing)" }.joined(separator: ",")
        let figures = [
            "landing/1", "\(term)", gaining, losing, "\(began)", "\(until)", text(firstStart), text(factBefore),
            text(factNewest), agentsBefore.map(String.init) ?? "-", "\(agentsBack)", text(half), text(most),
            text(minutes.first?.start), counted.isEmpty ? "-" : counted,
        ]
        return ["\(contacts); \(agents)", figures.joined(separator: " ")]
    }

    /// Nil where the lines are not of a landing.
    package init?(lines: [String]) {
        guard let line = lines.first(where: { $0.hasPrefix("landing/1 ") }) else { return nil }
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 15, let term = Int64(words[1]), let began = Int64(words[4]), let until = Int64(words[5]),
            let back = Int(words[10])
        else { return nil }
        var minutes: [Minute] = []
        if let first = Int64(words[13]) {
            for (index, pair) in words[14].split(separator: ",").prefix(Landing.minutesMax).enumerated() {
                let counts = pair.split(separator: "/").compactMap { Int($0) }
                guard counts.count == 2 else { return nil }
                let (start, overflows) = first.addingReportingOverflow(Int64(index) * Landing.minute)
                guard !overflows else { return nil }
                minutes.append(Minute(start: start, gaining: counts[0], losing: counts[1]))
            }
        }
        self.init(
            term: term, gaining: words[2], losing: words[3], began: began, until: until, firstStart: Int64(words[6]),
            factBefore: Int64(words[7]), factNewest: Int64(words[8]), minutes: minutes, agentsBefore: Int(words[9]),
            agentsBack: back, half: Int64(words[11]), most: Int64(words[12]))
    }

    static let minute: Int64 = 60_000
    /// Minutes that are kept, those before the change among them.
    package static let minutesMax = 240
}
