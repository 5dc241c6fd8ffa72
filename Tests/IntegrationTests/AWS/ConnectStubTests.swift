import Servers
import Testing

extension ProgramTests {
    @Suite("the stub of Connect, as tests see it")
    struct ConnectStubTests {
        @Test("a group moved by hand shows its shares, one more update and who did it")
        func hand() throws {
            let stub = try ConnectStub(groups: ["sales"])
            let before = try stub.groups()
            try stub.moveByHand("sales", ["us-east-1": 0, "us-west-2": 100])
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
    }
}
