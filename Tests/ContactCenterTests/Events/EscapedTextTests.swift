import Platform
import TestSupport
import Testing

@testable import ContactCenter

/// JSON lets a producer spell any character as an escape. What an event means does not change by that.
@Suite("escaped text", .limited)
struct EscapedTextTests {
    @Test(
        "an event whose strings are written with escapes has the same meaning as without them",
        arguments: [
            (
                #"{"specversion":"1.0","type":"converge.session.v1","subject":"s/one","id":"e/one","time":"2024-05-06T07:08:09Z","region":"us-east-1","data":{"a":1}}"#,
                #"{"specversion":"1.0","type":"converge.session.v1","subject":"s\/one","id":"e\/one","time":"2024-05-06T07:08:09Z","region":"us-e\u0061st-1","data":{"a":1}}"#
            ),
            (
                #"{"AgentARN":"arn:aws:connect:us-east-1:1:instance/i/agent/a","EventId":"e/one","EventTimestamp":"2024-05-06T07:08:09Z","EventType":"LOGIN"}"#,
                #"{"AgentARN":"arn:aws:connect:us-east-1:1:instance\/i\/agent\/a","EventId":"e\/one","EventTimestamp":"2024-05-06T07:08:09Z","EventType":"LOGIN"}"#
            ),
            (
                #"{"detail-type":"Amazon Connect Contact Event","id":"e/one","time":"2024-05-06T07:08:09Z","detail":{"contactId":"c/one","eventType":"A/B","channel":"v/c","customerId":"k/one"}}"#,
                #"{"detail-type":"Amazon Connect Contact Event","id":"e\/one","time":"2024-05-06T07:08:09Z","detail":{"contactId":"c\/one","eventType":"A\/B","channel":"v\/c","customerId":"k\/one"}}"#
            ),
            (
                #"{"ContactId":"c/one","LanguageCode":"en","Segments":[{"Transcript":{"Id":"t/one","EndOffsetMillis":1,"Sentiment":"x"}}]}"#,
                #"{"ContactId":"c\/one","LanguageCode":"en","Segments":[{"Transcript":{"Id":"t\/one","EndOffsetMillis":1,"Sentiment":"x"}}]}"#
            ),
        ])
    func escapesDoNotMatter(plain: String, escaped: String) {
        let told = mutations(of: plain)
        #expect(!told.isEmpty)
        #expect(mutations(of: escaped) == told)
    }

    @Test("a channel with a control character is still valid JSON in upper case")
    func channelWithControlCharacter() {
        let event =
            #"{"detail-type":"d","time":"2024-05-06T07:08:09Z","detail":{"contactId":"c","eventType":"QUEUED","channel":"vo\nice\u001f"}}"#
        #expect(mutations(of: event).contains { $0.contains(#""value":"VO\nICE\u001f"}"#) })
    }

    /// Every mutation as its key and its canonical JSON.
    private func mutations(of event: String) -> [String] {
        let batch = MutationBatch(sliceCount: 1)
        var text = event
        text.withUTF8 { RecordDecoder().decode(ByteView($0), arrival: nil, index: 0, into: batch) }
        var all: [String] = []
        batch.forEachMutation(ofSlice: 0) { mutation in
            var json = ByteBuffer()
            mutation.entity.appendJSON(to: &json)
            all.append("\(EntityKey(mutation.key).id.text) \(json.bytes.text)")
        }
        return all
    }
}
