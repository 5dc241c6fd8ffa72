import Platform

/// When credentials are used, renewed and given up. A value: time is handed in, and whoever asks does what it says.
struct CredentialsCache: Sendable {
    enum Advice: Equatable {
        case use(AWSCredentials)
        /// Still good; somebody is to fetch others meanwhile.
        case useAndRefresh(AWSCredentials)
        /// None that are good; somebody is fetching, or whoever is told `refresh` is to.
        case wait(refresh: Bool)
    }

    /// How long before they expire others are fetched: this, or a quarter of their life where that is less.
    static let refreshWindowMilliseconds: Int64 = 15 * 60_000

    private var credentials: AWSCredentials?
    private var refreshAt: Timestamp?
    private var isRefreshing = false

    mutating func ask(_ now: Timestamp) -> Advice {
        guard let credentials, !isExpired(now) else {
            defer { isRefreshing = true }
            return .wait(refresh: !isRefreshing)
        }
        guard let refreshAt, now >= refreshAt, !isRefreshing else { return .use(credentials) }
        isRefreshing = true
        return .useAndRefresh(credentials)
    }

    /// Takes in what a refresh brought.
    mutating func refreshed(_ fresh: AWSCredentials, _ now: Timestamp) {
        isRefreshing = false
        credentials = fresh
        refreshAt = fresh.expiration.map { end in
            let life = max(0, end.milliseconds - now.milliseconds)
            return Timestamp(milliseconds: end.milliseconds - min(CredentialsCache.refreshWindowMilliseconds, life / 4))
        }
    }

    /// Takes in that a refresh failed: what is left is used, and another is tried after a quarter of the time that remains, a
    /// minute at most.
    mutating func refreshFailed(_ now: Timestamp) {
        isRefreshing = false
        guard let end = credentials?.expiration else { return }
        let pause = min(60_000, max(0, end.milliseconds - now.milliseconds) / 4)
        refreshAt = Timestamp(milliseconds: now.milliseconds + pause)
    }

    /// A service says these have expired, whatever they say themselves.
    mutating func invalidate(_ expired: AWSCredentials) {
        if credentials == expired { credentials = nil }
    }

    private func isExpired(_ now: Timestamp) -> Bool { credentials?.expiration.map { $0 <= now } ?? false }
}
