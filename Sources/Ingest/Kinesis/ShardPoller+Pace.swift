extension ShardPoller {
    /// When a shard is polled: as often as the service allows, and each shard of a worker at a phase of its own within the interval.
    ///
    /// Shards that are polled together bring their rows together. A flush begins with what the first answer brought, all others wait for the
    /// next one, and there their rows wait for each other. Shards would stay together, too: what holds one answer up holds up all.
    ///
    /// Times are durations since an instant that the shards of a worker have in common.
    struct Pace: Sendable {
        /// Between two calls. The limit is 5 a second; a little more than a fifth of one, because the network moves them about. The
        /// same while nothing comes: calls cost nothing, and waiting a second instead makes a lag of 0.1 s one of 0.8 s (medians).
        var interval = Duration.milliseconds(205)
        /// Where in the interval, from 0 to below 1.
        var phase = 0.0
        /// Of data; after a large answer the service refuses calls until the shard's rate is met again.
        var bytesPerSecond = 2 << 20
        /// Records of an answer; the service's own bound.
        var recordsMax = 10_000
        /// An answer of more bytes is handed over before the next one is asked for.
        var aheadBytesMax = 2 << 20

        /// A call that is later than its phase by more than this part of the interval is to go back to it.
        static let latePart = 32.0
        /// It does so by at most this part of the interval at a time: where every answer takes longer than that, none waits much longer.
        static let shiftPart = 8.0

        /// The phase of a worker's shard by its number. Multiples of the golden ratio: those of numbers in a row lie far from each other,
        /// however many they are, and those of any numbers seldom together.
        static func phase(of number: Int) -> Double {
            (Double(number) * 0.618_033_988_749_895).truncatingRemainder(dividingBy: 1)
        }

        /// When the next call is due, where the last one was due at `last` and brought so many bytes: never so soon that the limits were not
        /// kept. While bytes are the limit, the shard is read as fast as that allows, at no phase.
        func next(after last: Duration, bytes: Int = 0, now: Duration) -> Duration {
            let untilBytes = Duration.seconds(Double(bytes) / Double(bytesPerSecond))
            let earliest = max(last + max(interval, untilBytes), now)
            guard interval > .zero, untilBytes <= interval else { return earliest }
            let turns = earliest / interval - phase
            let late = turns - turns.rounded(.down)
            guard late > 1 / Pace.latePart else { return earliest }
            return earliest + interval * min(1 - late, 1 / Pace.shiftPart)
        }
    }
}
