import HTTPServer

/// How many requests of a class a caller may make: a quota that comes back evenly within a window, all of it at once if need be (a token bucket).
package struct RateLimit: Equatable, Sendable {
    package static let windowSeconds = 60

    /// Requests in ``windowSeconds``.
    package var quota: Int

    package init(quota: Int) { self.quota = quota }
}

/// What callers have left of their quotas. A value with the time handed in.
///
/// Bounded: ``bucketsMax`` in each of two generations; when the younger one is full the older one is forgotten. Who is forgotten has all of the quota again, as
/// who was away for a window has anyway.
package struct RateBook: Sendable {
    package static let bucketsMax = 10_000

    package struct Caller: Hashable, Sendable {
        var issuer: String
        var subject: String
        var kind: HTTPRouteClass

        package init(issuer: String, subject: String, kind: HTTPRouteClass) {
            self.issuer = issuer
            self.subject = subject
            self.kind = kind
        }
    }

    package struct Verdict: Equatable, Sendable {
        package var isAllowed: Bool
        /// Requests that are left now.
        package var left: Int
        /// Seconds, rounded up, until all of the quota is there again.
        package var resetSeconds: Int
        /// Seconds, rounded up, until the next request is allowed; 0 where it is.
        package var retrySeconds: Int
    }

    private struct Bucket: Sendable {
        var level: Double
        var at: Int64
    }

    private var young: [Caller: Bucket] = [:]
    private var old: [Caller: Bucket] = [:]

    package init() {}

    /// Takes one request from the caller's quota, if it has one left. `now`: milliseconds of a clock that never goes back.
    package mutating func take(_ caller: Caller, _ limit: RateLimit, now: Int64) -> Verdict {
        let quota = Double(limit.quota)
        let perMillisecond = quota / Double(RateLimit.windowSeconds * 1000)
        var bucket = young[caller] ?? old[caller] ?? Bucket(level: quota, at: now)
        bucket.level = min(quota, bucket.level + Double(max(0, now - bucket.at)) * perMillisecond)
        bucket.at = now
        let isAllowed = bucket.level >= 1
        if isAllowed { bucket.level -= 1 }
        if young[caller] == nil, young.count >= RateBook.bucketsMax { (old, young) = (young, [:]) }
        young[caller] = bucket
        func seconds(_ requests: Double) -> Int { Int((max(0, requests) / perMillisecond / 1000).rounded(.up)) }
        return Verdict(
            isAllowed: isAllowed, left: Int(bucket.level), resetSeconds: seconds(quota - bucket.level),
            retrySeconds: seconds(1 - bucket.level))
    }
}
