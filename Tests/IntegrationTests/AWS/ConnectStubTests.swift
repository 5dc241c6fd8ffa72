import Servers
import Testing

extension ProgramTests {
    @Suite("the stub of Connect, as tests see it")
    struct ConnectStubTests {
        @Test("a group moved by hand shows its shares, one more update and who did it")
        func hand() throws {
            let stub = try ConnectStub(groups: ["sales"])
            let before = try stub.groups()
            try stub.moveByHand(["us-east-1": 0, "us-west-2": 100], of: "sales")
            let after = try stub.groups()
            #expect(after.map(\.name) == ["default", "sales"])
            #expect(after.map(\.updates) == [0, 1])
            #expect(after[1].telephony == ["us-east-1": 0, "us-west-2": 100])
            #expect(after[1].agents == after[1].telephony)
            #expect(after[1].lastFailoverTime > before[1].lastFailoverTime)
            #expect(after[0].signIn == ["us-east-1": true, "us-west-2": true])
            let call = try #require(try stub.calls("UpdateTrafficDistribution").first)
            #expect(call.door == "hand")
            #expect(call.shares["AgentConfig"] == ["us-east-1": 0, "us-west-2": 100])
        }

        @Test("a worker reads its callers and agents of a Region from its stream, and none of what they do is a dead letter")
        func telephony() throws {
            let rig = try KinesisRig(Emulator(), shards: 1)
            let stub = try ConnectStub(users: 5, streams: [.init("us-east-1", of: rig.emulator, rig.stream)])
            try stub.set(telephony: [
                "talkSeconds": [0.1, 0.5], "availableSeconds": [0, 0.1], "moveSeconds": [0, 0.1], "patienceSeconds": [0.5, 1],
            ])
            try stub.open(within: 0.1)
            try stub.call(perSecond: 10)
            try eventually("agents took contacts") { try stub.figures()["us-east-1"].map { $0.answered > 10 } ?? false }
            try stub.call(perSecond: 0)
            try stub.moveByHand(["us-east-1": 0, "us-west-2": 100])
            try eventually("everybody has moved, and all is told") {
                let figures = try stub.figures()
                return try figures["us-west-2"]?.agentsAvailable == 5 && figures["us-east-1"]?.unsent == 0
                    && stub.contactsUnderWay() == 0
            }
            let worker = try rig.toEnd()
            let figures = try #require(try stub.figures()["us-east-1"])
            #expect(worker.recordsInAll == figures.put)
            #expect(worker.fields("run.end")["dead-letters"] as? Int == 0, "\(worker.fields("run.end"))")
            for (kind, count) in [("agent", 5), ("contact", figures.landed)] {
                let shown = try rig.scratch.converge(
                    "show", kind, "--state", "dynamodb:\(rig.prefix)", "--format", "json", environment: rig.environment)
                #expect(shown.text.split(separator: "\n").count == count, "\(kind): \(shown)")
            }
        }
    }
}
