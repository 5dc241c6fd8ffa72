import TestSupport
import Testing

@testable import ContactCenter

/// What is no event is counted under a name that helps, and the first of each kind is kept.
@Suite(.limited) struct UnknownObjectTests {
    typealias T = Texts

    @Test(
        "the kind of an unknown object is its sorted member names, or the type in its envelope",
        arguments: [
            ("{}", "{}"), (#"{"b":1,"a":{"c":2}}"#, "a,b"), (#"{"a":1,"b":2,"a":3}"#, "a,b"),
            (#"{"\u0062":1,"a":2}"#, "a,b"), (#"{"ContactId":"c1","Foo":1}"#, "ContactId,Foo"),
            (#"{"detail-type":"Scheduled Event","detail":{},"time":"x"}"#, "EventBridge: Scheduled Event"),
            (#"{"specversion":"1.0","type":"com.example.other","data":7}"#, "CloudEvent: com.example.other"),
            (#"{"specversion":"1.0"}"#, "specversion"), (#"{"Records":[{"s3":{},"awsRegion":"r"}]}"#, "awsRegion,s3"),
            (#"{"logEvents":[{"message":"START"}]}"#, "a log line that is no JSON object"),
            (#"{"results":[[{"field":"@ptr","value":"x"}]]}"#, "a log line that is no JSON object"),
        ])
    func names(text: String, name: String) {
        let world = EventWorld(text)
        #expect(world.kinds == [name: 1])
        #expect(world.samples.map(\.detail) == [name])
        #expect(world.samples.first?.reason == .unknownShape)
        #expect(world.samples.first?.record == EventWorld.recordIndex)
    }

    @Test("the order and values of members do not change the kind, and one complete sample of it is kept with its place")
    func kinds() {
        let world = EventWorld(#"[{"a":1,"b":2}, {"b":3, "a":4}, \#(T.oneOfEach[1]), {"c":1}]"#)
        #expect(world.kinds == ["a,b": 2, "c": 1])
        #expect(world.samples.map(\.path) == [[1], [4]])
        #expect(world.samples.map(\.bytes) == [Array(#"{"a":1,"b":2}"#.utf8), Array(#"{"c":1}"#.utf8)])
        #expect(world.rejections.isEmpty)
        #expect(world.counts == ["agent.LOGIN": 1])
    }

    @Test("kinds beyond the limit are counted as one, and the length of a kind's name is limited")
    func bounds() {
        let many = (0..<200).map { #"{"key\#($0)":1}"# }
        let world = EventWorld(many.joined())
        #expect(world.unknown == 200)
        #expect(world.kinds.count == UnknownObjects.kindsMax + 1)
        #expect(world.kinds[UnknownObjects.otherKinds] == 200 - UnknownObjects.kindsMax)
        #expect(world.samples.count == UnknownObjects.kindsMax + 1)
        let long = "{" + (0..<100).map { #""a rather long key \#($0)":1"# }.joined(separator: ",") + "}"
        let name = EventWorld(long).kinds.keys.first ?? ""
        #expect(name.utf8.count == UnknownObjects.nameLengthMax)
        #expect(name.hasSuffix(".."))
        let huge = #"{"a":"\#(String(repeating: "x", count: UnknownObjects.sampleBytesMax))"}"#
        let small = EventWorld(huge + #"{"a":"y"}"#)
        #expect(small.kinds == ["a": 2])
        #expect(small.samples.map(\.bytes) == [Array(#"{"a":"y"}"#.utf8)], "the first that is not too long")
    }
}
