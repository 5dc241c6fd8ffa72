import AWS
import Platform
import TestSupport
import Testing

@testable import Ingest

@Suite("A Kinesis source that has stopped", .limited)
struct KinesisStopTests {
    private final class OpenStore: Sendable {}

    @Test("a stopped Kinesis source releases the store, even if a request without a response still refers to the source")
    func releases() throws {
        let session = try AWSSession(
            Environment([
                "AWS_REGION": "us-east-1", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            ]))
        var store: OpenStore? = OpenStore()
        weak let held = store
        let settings = KinesisSettings(streams: ["s"], regions: ["us-east-1"], application: "a", worker: "w")
        let source = try KinesisSource(
            settings, session: session, leases: session,
            start: { [store] _, _, _ in withExtendedLifetime(store) { nil } })
        store = nil
        #expect(held != nil)
        source.stop()
        #expect(held == nil)
        withExtendedLifetime(source) {}
    }
}
