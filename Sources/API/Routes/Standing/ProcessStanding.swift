import Platform

/// How a process stands, as `/v1/lag`, `/v1/streams`, `/v1/probes`, `/v1/preflight` and `/v1/configuration` tell it. Each part is nil where the process has
/// none: its route then says what would have one. The functions are called on the server's threads, at each request: they look at what is in memory and ask
/// nobody.
public struct ProcessStanding: Sendable {
    /// Replication from one Region to another.
    public struct Link: Sendable {
        public var from: String
        public var to: String
        /// Milliseconds; nil: not known, `why` says why.
        public var lag: Int64?
        /// Milliseconds since that was so.
        public var age: Int64?
        public var why: String?

        public init(from: String, to: String, lag: Int64?, age: Int64?, why: String? = nil) {
            (self.from, self.to, self.lag, self.age, self.why) = (from, to, lag, age, why)
        }
    }

    /// How far what a Region's workers have written is behind its streams.
    public struct Ingest: Sendable {
        public var region: String
        /// Milliseconds; nil: not known, `why` says why.
        public var lag: Int64?
        public var age: Int64?
        public var why: String?

        public init(region: String, lag: Int64?, age: Int64?, why: String? = nil) {
            (self.region, self.lag, self.age, self.why) = (region, lag, age, why)
        }
    }

    public struct Lag: Sendable {
        public var links: [Link]
        public var ingest: [Ingest]

        public init(links: [Link], ingest: [Ingest]) { (self.links, self.ingest) = (links, ingest) }
    }

    /// A shard or partition that this process reads.
    public struct Shard: Sendable {
        public var stream: String
        public var name: String
        /// How old the oldest record can be that was not read, in milliseconds; nil: not known.
        public var lag: Int64?
        /// Records that are there and not durable here; nil: not known, as of every shard of Kinesis.
        public var unread: Int64?
        /// Of the next record to read, and before which everything is durable.
        public var position: String?
        public var durable: String?
        /// Why it cannot be read, and since when.
        public var trouble: String?
        public var since: Timestamp?

        public init(
            stream: String, name: String, lag: Int64?, unread: Int64? = nil, position: String? = nil, durable: String? = nil,
            trouble: String? = nil, since: Timestamp? = nil
        ) {
            (self.stream, self.name, self.lag, self.unread) = (stream, name, lag, unread)
            (self.position, self.durable, self.trouble, self.since) = (position, durable, trouble, since)
        }
    }

    public struct Streams: Sendable {
        /// `kafka`, `kinesis`, `kcl`.
        public var source: String
        public var shards: [Shard]
        /// Whether every shard that can be read is read, by this process or another one; nil: not known.
        public var areAllRead: Bool?

        public init(source: String, shards: [Shard], areAllRead: Bool?) {
            (self.source, self.shards, self.areAllRead) = (source, shards, areAllRead)
        }
    }

    /// One way of looking at a Region from end to end, or at a part of it.
    public struct Probe: Sendable {
        public enum State: String, Sendable { case healthy, unhealthy, unknown }

        /// `traffic`, `replication`, `number-to-flow`, ..
        public var name: String
        /// Who looks: `canary`, `heartbeats`, ..
        public var source: String
        /// The Region that it is about.
        public var region: String
        public var state: State
        public var since: Timestamp?
        /// Milliseconds since it was so; nil: never looked.
        public var age: Int64?
        /// One sentence; holds no personal data.
        public var evidence: String
        /// Whether it follows the way of a contact or a fact through everything, as against asking one part how it is.
        public var isEndToEnd: Bool

        public init(
            _ name: String, source: String, region: String, _ state: State, since: Timestamp? = nil, age: Int64?,
            evidence: String, isEndToEnd: Bool
        ) {
            (self.name, self.source, self.region, self.state) = (name, source, region, state)
            (self.since, self.age, self.evidence, self.isEndToEnd) = (since, age, evidence, isEndToEnd)
        }
    }

    public struct Preflight: Sendable {
        public struct Item: Sendable {
            public var id: String
            public var what: String
            /// `ok`, `warning`, `failed`, `unknown`.
            public var state: String
            public var found: String
            /// Empty where nothing is to be done.
            public var remedy: String
            public var isBlocking: Bool

            public init(id: String, what: String, state: String, found: String, remedy: String, isBlocking: Bool) {
                (self.id, self.what, self.state) = (id, what, state)
                (self.found, self.remedy, self.isBlocking) = (found, remedy, isBlocking)
            }
        }

        /// The Region that would take the traffic.
        public var target: String
        /// When it was run last; nil: not yet.
        public var at: Timestamp?
        public var items: [Item]

        public init(target: String, at: Timestamp?, items: [Item]) {
            (self.target, self.at, self.items) = (target, at, items)
        }
    }

    /// Who serves, for the console.
    public struct Identity: Sendable {
        /// `worker`, `serve`, `controller`.
        public var process: String
        public var version: String
        /// The own Region; nil: not known.
        public var region: String?
        public var regions: [String]
        public var tellsChanges: Bool
        public var hasFailover: Bool
        /// What of protection is missing by `http.insecure`.
        public var missing: [String]
        /// Whether callers need a token.
        public var wantsTokens: Bool

        public init(
            process: String, version: String, region: String?, regions: [String], tellsChanges: Bool, hasFailover: Bool,
            missing: [String], wantsTokens: Bool
        ) {
            (self.process, self.version, self.region, self.regions) = (process, version, region, regions)
            (self.tellsChanges, self.hasFailover) = (tellsChanges, hasFailover)
            (self.missing, self.wantsTokens) = (missing, wantsTokens)
        }
    }

    public var lag: (@Sendable () -> Lag)?
    /// Of the lag; nil: nobody keeps it.
    public var trend: LagTrend?
    public var streams: (@Sendable () -> Streams)?
    public var probes: (@Sendable () -> [Probe])?
    public var preflight: (@Sendable () -> Preflight)?
    /// The configuration in force: an array of JSON with secrets masked.
    public var configuration: String?

    public init() {}
}
