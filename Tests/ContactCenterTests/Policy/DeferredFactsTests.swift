import ContactCenter
import Lattice
import TestSupport
import Testing

@testable import Platform

@Suite("facts that may wait", .limited)
struct DeferredFactsTests {
    @Test(
        "an agent's last sign of life, what a snapshot says of a contact and how many contacts were started may wait; facts that only one event tells may not",
        arguments: [
            (EntityKind.agent, "seen/us-east-1", true), (.agent, "seen", false), (.agent, "seenFirst/us-east-1", false),
            (.agent, "firstSeen/us-east-1", false), (.agent, "presence/us-east-1", false),
            (.agent, "snapshot/us-east-1", false),
            (.agent, "status/us-east-1", false), (.contact, "agent/1%2Fi%2Fada", true),
            (.contact, "connected/1%2Fi%2Fada", true),
            (.contact, "seen/QUEUED", false), (.contact, "milestone/QUEUED", false), (.contact, "event/agent", false),
            (.contact, "record", false), (.contact, "record/customer", false), (.contact, "analysis/state", false),
            (.contact, "lens/sentiment", false), (.customer, "contacts", false), (.customer, "lastContact/event", false),
            (.customer, "field/tier", false), (.flow, "position", false), (.flow, "variable/name", false),
            (.queue, "field/waiting", false), (.session, "field/offer", false), (.username, "agents", false),
            (.volume, "starts/05", true), (.volume, "other/05", false), (.alias, "contacts", false),
        ] as [(EntityKind, String, Bool)])
    func table(kind: EntityKind, path: String, mayWait: Bool) {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        Array(path.utf8).withUnsafeBytes {
            writer.beginRegister(
                &buffer, encodedPath: ByteView($0), rule: .lastWriterWins, stamp: Stamp(time: Timestamp(milliseconds: 1)))
        }
        buffer.append("{}")
        writer.endRegister(&buffer)
        writer.finish(&buffer)
        let waits = buffer.array.withUnsafeBytes { EntityView($0).map { DeferredFacts.of(kind).covers($0) } }
        #expect(waits == [mayWait])
    }
}
