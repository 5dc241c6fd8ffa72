import Foundation
import TestSupport
import Testing

/// Inputs that were got wrong, beside the checkout, which are not part of it: `../shared/cases`.
enum Cases {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/cases")
        .standardizedFileURL
    static var areThere: Bool { FileManager.default.fileExists(atPath: folder.path) }

    /// What the lines of a case come to.
    static func world(_ name: String) throws -> EventWorld {
        let world = EventWorld()
        let text = try String(contentsOf: folder.appending(path: name).appending(path: "in.jsonl"), encoding: .utf8)
        for line in text.split(separator: "\n") { world.feed(String(line)) }
        return world
    }
}

@Suite("contacts of the cases", .enabled(if: Cases.areThere, "needs the cases in ../shared/cases"), .limited)
struct ContactCaseTests {
    @Test(
        "the contacts of the cases have the expected values",
        arguments: [
            ("01-lens-chat-segments", "c01-chat", "sentiment", #"{"role":"CUSTOMER","sentiment":"POSITIVE"}"#),
            ("01-lens-chat-segments", "c01-chat", "categories", #"["Cancellation"]"#),
            ("11-task-paused", "t11", "phase", #""CONNECTED_TO_AGENT""#),
            ("17-global-resiliency", "c17", "originRegion", #""us-east-1""#),
            ("17-global-resiliency", "c17", "activeRegion", #""us-west-2""#),
            (
                "17-global-resiliency", "c17", "trafficDistributionGroupId",
                #""10a4c4eb-f57e-4d4c-b602-bf39176ced07""#
            ),
            ("17-global-resiliency", "c17", "customerEndpoint", #"{"address":"+15550123","type":"TELEPHONE_NUMBER"}"#),
        ])
    func values(name: String, contact: String, member: String, value: String) throws {
        let world = try Cases.world(name)
        #expect(world.shown(.contact, contact, member) == value)
        #expect(world.rejections.isEmpty && world.unknown == 0)
    }

    @Test("every event type of a Contact Lens session is recognized")
    func lensTypes() throws {
        #expect(
            try Cases.world("01-lens-chat-segments").counts
                == ["contact-lens.STARTED": 1, "contact-lens.SEGMENTS": 2, "contact-lens.COMPLETED": 1])
    }
}
