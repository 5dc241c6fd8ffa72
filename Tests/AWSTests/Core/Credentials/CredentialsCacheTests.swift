import TestSupport
import Testing

@testable import AWS
@testable import Platform

@Suite("the renewal of credentials", .limited)
struct CredentialsCacheTests {
    private func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

    private func credentials(_ id: String, until end: Int64?) -> AWSCredentials {
        AWSCredentials(accessKeyID: id, secretAccessKey: Secret("hush"), expiration: end.map(at))
    }

    @Test("the first request fetches credentials, and the others wait")
    func first() {
        var cache = CredentialsCache()
        #expect(cache.ask(at(0)) == .wait(refresh: true))
        #expect(cache.ask(at(0)) == .wait(refresh: false))
        let fresh = credentials("A", until: 3600)
        cache.refreshed(fresh, at(0))
        #expect(cache.ask(at(0)) == .use(fresh))
    }

    @Test("in the last 15 minutes before expiry one request fetches new credentials and none waits")
    func window() {
        var cache = CredentialsCache()
        let fresh = credentials("A", until: 3600)
        cache.refreshed(fresh, at(0))
        #expect(cache.ask(at(3600 - 900) - 1) == .use(fresh))
        #expect(cache.ask(at(3600 - 900)) == .useAndRefresh(fresh))
        #expect(cache.ask(at(3600 - 900)) == .use(fresh))
        let fresher = credentials("B", until: 7200)
        cache.refreshed(fresher, at(2800))
        #expect(cache.ask(at(2800)) == .use(fresher))
    }

    @Test("short-lived credentials are renewed in the last quarter of their lifetime")
    func shortLived() {
        var cache = CredentialsCache()
        let fresh = credentials("A", until: 8)
        cache.refreshed(fresh, at(0))
        #expect(cache.ask(at(6) - 1) == .use(fresh))
        #expect(cache.ask(at(6)) == .useAndRefresh(fresh))
    }

    @Test("after a failed renewal the valid credentials stay in use, and the renewal is retried before they expire")
    func failure() {
        var cache = CredentialsCache()
        let fresh = credentials("A", until: 3600)
        cache.refreshed(fresh, at(0))
        #expect(cache.ask(at(3500)) == .useAndRefresh(fresh))
        cache.refreshFailed(at(3500))
        #expect(cache.ask(at(3524)) == .use(fresh))
        #expect(cache.ask(at(3525)) == .useAndRefresh(fresh))
        cache.refreshFailed(at(3525))
        #expect(cache.ask(at(3600)) == .wait(refresh: true))
        cache.refreshFailed(at(3600))
        #expect(cache.ask(at(3601)) == .wait(refresh: true))
    }

    @Test("credentials without expiry are never renewed; those that a service reports as expired are, but not newer ones")
    func invalidated() {
        var cache = CredentialsCache()
        let old = credentials("A", until: nil)
        cache.refreshed(old, at(0))
        #expect(cache.ask(at(1_000_000_000)) == .use(old))
        cache.invalidate(old)
        #expect(cache.ask(at(1_000_000_001)) == .wait(refresh: true))
        let new = credentials("B", until: nil)
        cache.refreshed(new, at(1_000_000_002))
        cache.invalidate(old)
        #expect(cache.ask(at(1_000_000_003)) == .use(new))
    }
}

private func - (time: Timestamp, milliseconds: Int64) -> Timestamp {
    Timestamp(milliseconds: time.milliseconds - milliseconds)
}
