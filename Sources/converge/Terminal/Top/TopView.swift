import Observability
import Platform

/// What `converge top` shows: a worker as lines that fit a window.
public struct TopView: Sendable {
    public struct Line: Hashable, Sendable {
        public enum Weight: Sendable { case plain, strong, alarm }

        public var text: String
        public var weight: Weight

        init(_ text: String, _ weight: Weight = .plain) {
            self.text = text
            self.weight = weight
        }
    }

    /// A worker that does not answer.
    public struct Away: Sendable {
        /// What is the matter and what to do.
        public var reason: String
        /// In seconds since 1970.
        public var since: Double

        public init(_ reason: String, since: Double) {
            self.reason = reason
            self.since = since
        }
    }

    private let url: String
    private let trend: WorkerTrend
    private let away: Away?
    /// In seconds since 1970.
    private let now: Double

    /// - `away`: where the worker does not answer; then nothing is shown of what it said before.
    /// - `now`: in seconds since 1970.
    public init(url: String, trend: WorkerTrend, away: Away? = nil, now: Double) {
        self.url = url
        self.trend = trend
        self.away = away
        self.now = now
    }

    /// At most `height` lines of at most `width` characters.
    public func lines(width: Int, height: Int) -> [Line] {
        var lines: [Line]
        if let away {
            lines = [Line("converge  \(url)", .strong), Line("NO RESPONSE for \(duration(max(0, now - away.since)))", .alarm)]
            lines += wrapped(away.reason, width).map { Line($0) } + [Line(""), Line("retrying; q quits")]
        } else if let sample = trend.latest {
            lines = head(sample, width) + [Line("")] + figures(sample, width) + told(sample) + [Line("")]
            lines +=
                sample.heldShards.map { shards(sample, held: $0, height: height - lines.count) }
                ?? lanes(width, height: height - lines.count)
        } else {
            lines = [Line("converge  \(url)", .strong), Line("waiting for the first response")]
        }
        return lines.prefix(max(0, height)).map { Line(cut(printable($0.text), width), $0.weight) }
    }

    // MARK: Head

    private func head(_ sample: WorkerSample, _ width: Int) -> [Line] {
        let left = "converge \(sample.version ?? "")  \(url)"
        let right = sample.started.map { "up \(duration(max(0, now - $0)))" } ?? ""
        let gap = String(repeating: " ", count: max(2, width - left.count - right.count))
        var lines = [Line(left + gap + right, .strong)]
        guard let ready = sample.ready else {
            return lines + [Line("READINESS UNKNOWN: /health/ready did not respond", .alarm)]
        }
        lines.append(ready.isHealthy ? Line("READY", .strong) : Line("NOT READY", .alarm))
        for check in ready.checks where !check.isHealthy {
            let time = check.since.map { " for \(duration(max(0, now - Double($0.milliseconds) * 0.001)))" } ?? ""
            lines += [Line("  \(check.name)\(time): \(check.detail.isEmpty ? "failing" : check.detail)", .plain)]
        }
        return lines
    }

    // MARK: Figures

    private func figures(_ sample: WorkerSample, _ width: Int) -> [Line] {
        let columns = [
            [
                ("records/s", rateText(trend.rate(\.records))), ("events/s", rateText(trend.rate(\.events))),
                ("MB/s", rateText(trend.rate(\.bytes).map { $0 / 1e6 })), ("flushes/s", rateText(trend.rate(\.flushes))),
                ("oldest event", sample.oldestEventAge.map(shortTime) ?? "-"),
            ],
            [
                ("dirty", sizeText(sample.dirtyBytes)), ("resident", sizeText(sample.residentBytes)),
                ("end-to-end p50", trend.endToEndLag(0.5).map(shortTime) ?? "-"),
                ("end-to-end p99", trend.endToEndLag(0.99).map(shortTime) ?? "-"),
                ("last commit", sample.lastCommit.map { shortTime(max(0, now - $0)) } ?? "-"),
            ],
            [
                ("dead letters", count { $0.deadLetters.values.reduce(0, +) }), ("quarantined", count(\.quarantined)),
                ("store errors", count { $0.storeErrors.values.reduce(0, +) }), ("rebalances", count(\.rebalances)),
                ("oldest refresh", sample.refreshesAge.map(shortTime) ?? "-"),
            ],
        ]
        let columnWidth = 24
        let gap = 4
        let across = max(1, min(columns.count, (width + gap) / (columnWidth + gap)))
        var lines: [Line] = []
        for group in stride(from: 0, to: columns.count, by: across) {
            let shown = columns[group..<min(group + across, columns.count)]
            for row in 0..<5 {
                let cells = shown.map { column in
                    let (label, value) = column[row]
                    return label + String(repeating: " ", count: max(1, columnWidth - label.count - value.count)) + value
                }
                lines.append(Line(cells.joined(separator: String(repeating: " ", count: gap))))
            }
        }
        return lines
    }

    /// A counter, and what it gained lately.
    private func count(_ figure: (WorkerSample) -> Double?) -> String {
        guard let total = trend.latest.flatMap(figure) else { return "-" }
        let gain = trend.gain(figure)
        return wholeText(total) + (gain > 0 ? " (+\(wholeText(gain)))" : "")
    }

    /// What dead letters and store errors there are, and what the figures in brackets mean.
    private func told(_ sample: WorkerSample) -> [Line] {
        var lines: [Line] = []
        for (name, counts) in [("dead letters", sample.deadLetters), ("store errors", sample.storeErrors)] {
            let parts = counts.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            guard !parts.isEmpty else { continue }
            lines.append(Line("\(name): " + parts.map { "\($0.key) \(wholeText($0.value))" }.joined(separator: ", ")))
        }
        if !sample.replicationLag.isEmpty {
            let parts = sample.replicationLag.sorted { $0.key < $1.key }.map { "from \($0) \(shortTime(max(0, $1)))" }
            lines.append(Line("replication: " + parts.joined(separator: ", ")))
        }
        let gains: [(WorkerSample) -> Double?] = [
            { $0.deadLetters.values.reduce(0, +) }, { $0.storeErrors.values.reduce(0, +) }, \.quarantined, \.rebalances,
        ]
        if gains.contains(where: { trend.gain($0) > 0 }) { lines.append(Line("(+n): in the last minute")) }
        return lines.isEmpty ? [] : [Line("")] + lines
    }

    // MARK: Partitions

    private func shards(_ sample: WorkerSample, held: Double, height: Int) -> [Line] {
        guard held > 0 else { return [Line("no shards: other workers own their leases", .strong)] }
        let worst = sample.shards.first.map { shortTime($0.behind) } ?? "unknown time"
        var lines = [Line("\(worst) behind in \(wholeText(held)) \(held == 1 ? "shard" : "shards")", .strong)]
        let room = max(0, height - 2)
        let shown = sample.shards.count <= room ? sample.shards[...] : sample.shards.prefix(max(0, room - 1))
        let names = shown.map { "\($0.stream)/\($0.name)" }
        let nameWidth = max(5, names.map(\.count).max() ?? 0)
        if !shown.isEmpty { lines.append(Line("SHARD" + String(repeating: " ", count: nameWidth - 3) + "BEHIND")) }
        for (shard, name) in zip(shown, names) {
            lines.append(Line(name + String(repeating: " ", count: nameWidth + 2 - name.count) + shortTime(shard.behind)))
        }
        if shown.count < sample.shards.count { lines.append(Line("and \(sample.shards.count - shown.count) more")) }
        return lines
    }

    private func lanes(_ width: Int, height: Int) -> [Line] {
        let lanes = trend.lanes
        guard !lanes.isEmpty else { return [Line("no partitions: the group has assigned none to this member", .strong)] }
        let known = lanes.compactMap(\.lane.lag)
        let unknown = lanes.count - known.count
        let total =
            "\(wholeText(known.reduce(0, +))) records behind in \(lanes.count) \(lanes.count == 1 ? "partition" : "partitions")"
        let first = Line(total + (unknown == 0 ? "" : ", \(unknown) of them not yet known"), .strong)
        // The sum, the names of the columns, and what is left out.
        let room = max(0, height - 2)
        let shown = lanes.count <= room ? lanes[...] : lanes.prefix(max(0, room - 1))
        var lines = [first]
        if !shown.isEmpty { lines += table(shown, width) }
        if shown.count < lanes.count {
            let rest = lanes.dropFirst(shown.count).compactMap(\.lane.lag).reduce(0, +)
            lines.append(Line("and \(lanes.count - shown.count) more, \(wholeText(rest)) records behind in total"))
        }
        return lines
    }

    private func table(_ lanes: ArraySlice<WorkerTrend.Lane>, _ width: Int) -> [Line] {
        let isWide = width >= 100
        let names = ["PARTITION", "BEHIND", "CHANGE/S", "READ/S"] + (isWide ? ["NEXT OFFSET"] : [])
        let rows = lanes.map { entry in
            [
                entry.lane.partition, entry.lane.lag.map(wholeText) ?? "?", changeText(entry.lagChange), rateText(entry.rate),
            ] + (isWide ? [entry.lane.position.map(wholeText) ?? "-"] : [])
        }
        let widths = names.indices.map { column in ([names] + rows).map { $0[column].count }.max() ?? 0 }
        let topicMax = max(8, width - widths.reduce(0) { $0 + $1 + 2 })
        let topicWidth = min(topicMax, max(5, lanes.map(\.lane.topic.count).max() ?? 0))
        func line(_ topic: String, _ cells: [String]) -> String {
            let topic = cut(topic, topicWidth)
            return zip(cells, widths).reduce(topic + String(repeating: " ", count: topicWidth - topic.count)) {
                $0 + String(repeating: " ", count: 2 + $1.1 - $1.0.count) + $1.0
            }
        }
        return [Line(line("TOPIC", names))] + zip(lanes, rows).map { Line(line($0.lane.topic, $1)) }
    }
}
