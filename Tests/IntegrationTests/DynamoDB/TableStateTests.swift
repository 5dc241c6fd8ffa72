import Foundation
import Testing

extension ProgramTests {
    @Suite("reading a state from DynamoDB tables")
    struct TableStateTests {
        private let state: TableState

        init() throws { state = try TableState.shared.get() }

        @Test("digest and join of the tables equal the replay's in both Regions", arguments: TableState.regions)
        func whole(region: String) throws {
            let digest = try state.converge(region, "digest", "dynamodb:converge")
            #expect(digest.digest == state.digest, "\(digest.errors)")
            let joined = try state.converge(
                region, "join", "dynamodb:converge", "state.jsonl", "--output", "joined-\(region).jsonl")
            #expect(joined.digest == state.digest)
            #expect(try state.scratch.lines("joined-\(region).jsonl") == state.lines)
        }

        @Test("show of the tables prints the same counts, lists and entities as show of the replay")
        func show() throws {
            let json = try state.converge("us-east-1", "show", "--state", "dynamodb:converge", "--format", "json")
            #expect(json.text == state.lines.jsonLines)
            let counts = try state.converge("us-east-1", "show", "--state", "dynamodb:converge").text
            for row in counts.split(separator: "\n").map({ $0.split(separator: " ") }) {
                #expect(try Int(row[1]) == state.entities(String(row[0])).count)
            }
            for kind in ["agent", "contact", "customer", "flow", "queue", "session", "username", "volume"] {
                let all = try state.entities(kind)
                let ids = try all.map { try #require($0.object["id"] as? String) }
                #expect(try state.converge("us-west-2", "show", kind, "--state", "dynamodb:converge").text == ids.jsonLines)
                guard let id = ids.last, let line = all.last?.line else { continue }
                let one = try state.converge("us-west-2", "show", kind, id, "--state", "dynamodb:converge", "--format", "json")
                #expect(one.text == line + "\n")
            }
            let missing = try state.converge("us-west-2", "show", "agent", "nobody", "--state", "dynamodb:converge")
            #expect(missing.code == 1)
            #expect(missing.errors.contains("no agent 'nobody' in dynamodb:converge (us-west-2)"))
        }

        @Test("explain shows the rows of all Regions and marks the winners, and with captures also the losers")
        func explain() throws {
            let agent = try #require(try state.entities("agent").max { $0.line.utf8.count < $1.line.utf8.count }).object
            let id = try #require(agent["id"] as? String)
            let registers = try #require(agent["registers"] as? [String: NSDictionary])
            func candidates(_ flags: String...) throws -> [[String: Any]] {
                let command = ["explain", "agent", id, "--state", "dynamodb:converge", "--format", "json"] + flags
                let ended = try Program(command, in: state.scratch, environment: state.emulator.environment()).wait()
                return try ended.text.split(separator: "\n").map {
                    try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
                }
            }
            let rows = try candidates()
            #expect(
                Set(rows.compactMap { $0["place"] as? String }) == ["converge-agent us-east-1", "converge-agent us-west-2"])
            let winners = rows.filter { $0["winner"] as? Bool == true }
            #expect(Set(winners.compactMap { $0["path"] as? String }) == Set(registers.keys))
            for winner in winners {
                #expect(winner["register"] as? NSDictionary == registers[winner["path"] as? String ?? ""])
            }
            let all = try candidates("--from", "a.jsonl")
            #expect(all.count > rows.count)
            #expect(all.contains { ($0["place"] as? String)?.hasPrefix("a.jsonl:") == true && $0["winner"] as? Bool == false })

            let table = try state.converge("us-east-1", "explain", "agent", id, "--state", "dynamodb:converge").text
            #expect(table.contains("converge-agent us-west-2") && table.hasSuffix("give captures with --from to see them.\n"))
            let none = try state.converge("us-east-1", "explain", "agent", "nobody", "--state", "dynamodb:converge")
            #expect(none.code == 1 && none.errors.contains("nothing in dynamodb:converge (us-east-1) concerns agent 'nobody'"))
        }

        @Test("a damaged row ends a command with an error that contains table, pk and sk; a missing table is an error, too")
        func damaged() throws {
            let environment = ["tables", "create", "--prefix", "bad"]
            #expect(
                try Program(environment, in: state.scratch, environment: state.emulator.environment()).wait().code
                    == 0)
            // A byte of row format, and what is no entity.
            try state.emulator.cli(
                "us-east-1", "dynamodb", "put-item", "--table-name", "bad-flow", "--item",
                #"{"pk":{"S":"flow#f-1"},"sk":{"S":"us-west-2"},"rev":{"S":"00000000000000ff.1"},"registers":{"B":"AQk="}}"#)
            for arguments in [
                ["digest", "dynamodb:bad"], ["show", "flow", "f-1", "--state", "dynamodb:bad"],
                ["join", "dynamodb:bad", "--output", "-"], ["explain", "flow", "f-1", "--state", "dynamodb:bad"],
            ] {
                let ended = try Program(arguments, in: state.scratch, environment: state.emulator.environment())
                    .wait()
                #expect(ended.code == 1)
                #expect(ended.errors.contains("the row pk flow#f-1, sk us-west-2 of table bad-flow"), "\(ended.errors)")
            }
            // Again and again: answers to the other tables' scans come while the process ends.
            for _ in 0..<20 {
                let absent = try state.converge("us-east-1", "digest", "dynamodb:absent")
                #expect(absent.code == 1, "\(absent.errors)")
                #expect(absent.errors.contains("converge tables create --prefix absent"), "\(absent.errors)")
            }
        }
    }
}
