/// How a change was seen to land (``LandingWatch``): contacts and agents in the Region that gains, and what is known of the one that loses. Times are in milliseconds since 1970; those of
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
    /// When the first update was sent, by its sender's clock, and until when it was watched, by the clock of who watches.
    package var began: Int64
    package var until: Int64
    /// Of the first contact that started in the gaining Region since then; nil: none was heard of.
    package var firstStart: Int64?
    /// Of the newest fact of the losing Region that could be read at ``readAt``; nil: none could.
    package var factBefore: Int64?
    /// When that was read, soon after it began, by the clock of who watches; nil: it never was.
    package var readAt: Int64?
    /// Of the newest fact that was ever read.
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
        factBefore: Int64? = nil, readAt: Int64? = nil, factNewest: Int64? = nil, minutes: [Minute] = [],
        agentsBefore: Int? = nil,
        agentsBack: Int = 0, half: Int64? = nil, most: Int64? = nil
    ) {
        self.term = term
        self.gaining = gaining
        self.losing = losing
        self.began = began
        self.until = until
        self.firstStart = firstStart
        self.factBefore = factBefore
        self.readAt = readAt
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
            firstStart.map { "the first contact started in \(gaining) \($0 - began) ms after the change was begun" }
            ?? "no contact was heard to start in \(gaining) yet"
        let agents = agentsBefore.map { "\(agentsBack) of \($0) agents are available there" } ?? "nothing is known of agents"
        func text(_ time: Int64?) -> String { time.map(String.init) ?? "-" }
        let counted = minutes.map { "\($0.gaining)/\($0.losing)" }.joined(separator: ",")
        let figures = [
            "landing/1", "\(term)", gaining, losing, "\(began)", "\(until)", text(firstStart), text(factBefore), text(readAt),
            text(factNewest), agentsBefore.map(String.init) ?? "-", "\(agentsBack)", text(half), text(most),
            text(minutes.first?.start), counted.isEmpty ? "-" : counted,
        ]
        return ["\(contacts); \(agents)", figures.joined(separator: " ")]
    }

    /// Nil where the lines are not of a landing.
    package init?(lines: [String]) {
        guard let line = lines.first(where: { $0.hasPrefix("landing/1 ") }) else { return nil }
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 16, let term = Int64(words[1]), let began = Int64(words[4]), let until = Int64(words[5]),
            let back = Int(words[11])
        else { return nil }
        var minutes: [Minute] = []
        if let first = Int64(words[14]) {
            for (index, pair) in words[15].split(separator: ",").prefix(Landing.minutesMax).enumerated() {
                let counts = pair.split(separator: "/").compactMap { Int($0) }
                guard counts.count == 2 else { return nil }
                let (start, overflows) = first.addingReportingOverflow(Int64(index) * Landing.minute)
                guard !overflows else { return nil }
                minutes.append(Minute(start: start, gaining: counts[0], losing: counts[1]))
            }
        }
        self.init(
            term: term, gaining: words[2], losing: words[3], began: began, until: until, firstStart: Int64(words[6]),
            factBefore: Int64(words[7]), readAt: Int64(words[8]), factNewest: Int64(words[9]), minutes: minutes,
            agentsBefore: Int(words[10]), agentsBack: back, half: Int64(words[12]), most: Int64(words[13]))
    }

    static let minute: Int64 = 60_000
    /// Minutes that are kept: those before the change, those in which it is watched, and the one in which it began.
    package static let minutesMax = LandingWatch.minutesBefore + LandingWatch.minutesAfter + 1

    /// What two watches of one term know together: each sees the contacts that its own worker reads. Later lines of one watch say more than its earlier ones, so which comes first is all the
    /// same.
    func merged(with other: Landing) -> Landing {
        func least(_ a: Int64?, _ b: Int64?) -> Int64? { [a, b].compactMap { $0 }.min() }
        let newer = other.until >= until ? other : self
        let read = [self, other].filter { $0.readAt != nil }.min { $0.readAt ?? 0 < $1.readAt ?? 0 }
        let agents = (other.agentsBefore ?? -1, other.agentsBack) > (agentsBefore ?? -1, agentsBack) ? other : self
        var merged = newer
        merged.began = min(began, other.began)
        merged.firstStart = least(firstStart, other.firstStart)
        merged.readAt = read?.readAt
        merged.factBefore = read?.factBefore
        merged.factNewest = [factNewest, other.factNewest].compactMap { $0 }.max()
        if newer.minutes.isEmpty { merged.minutes = newer == other ? minutes : other.minutes }
        merged.agentsBefore = agents.agentsBefore
        merged.agentsBack = agents.agentsBack
        merged.half = least(half, other.half)
        merged.most = least(most, other.most)
        return merged
    }
}
