import Foundation
import Testing

extension ProgramTests {
    /// The code of `docs/reading-state.md`, run as it stands there.
    @Suite("reading the state without Converge")
    struct ReadingStateTests {
        private let state: TableState
        private let document: String

        init() throws {
            state = try TableState.shared.get()
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../../docs/reading-state.md").standardized
            document = try String(contentsOf: file, encoding: .utf8)
        }

        /// The blocks of a language, in order.
        private func blocks(_ language: String) -> [String] {
            document.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
                $0.components(separatedBy: "\n```").first
            }
        }

        /// Registers of the state's line, as the tables' readable values have them.
        private func readable(_ registers: [String: [String: Any]]) -> NSDictionary {
            func stamp(_ told: [String: Any]) -> String {
                let rank = "00\(told["rank"] ?? "")".suffix(3)
                return "\(told["time"] ?? "")#\(rank)#\(told["region"] ?? "")#\(told["event"] ?? "")"
            }
            return registers.mapValues { register -> [String: Any] in
                if let members = register["members"] as? [[String: Any]] {
                    let readable = members.map { ["stamp": stamp($0), "value": $0["value"] ?? NSNull()] }
                    return ["rule": "union", "capacity": register["capacity"] ?? 0, "members": readable.sorted(by: precedes)]
                }
                var readable: [String: Any] = ["stamp": stamp(register)]
                for name in ["rule", "measure", "tombstone"] { readable[name] = register[name] }
                if register["tombstone"] == nil { readable["value"] = register["value"] }
                return readable
            } as NSDictionary
        }

        private func precedes(_ a: [String: Any], _ b: [String: Any]) -> Bool { "\(a["value"] ?? "")" < "\(b["value"] ?? "")" }

        /// What a reader joined, with the members of unions in an order that can be compared.
        private func ordered(_ text: some StringProtocol) throws -> NSDictionary {
            let told = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [String: Any]])
            return told.mapValues { register in
                guard let members = register["members"] as? [[String: Any]] else { return register }
                return register.merging(["members": members.sorted(by: precedes)]) { $1 }
            } as NSDictionary
        }

        /// Entities that both Regions have written of, among them those with most registers, and some that one has.
        private func samples(_ kind: String) throws -> [(id: String, object: [String: Any])] {
            let all = try state.entities(kind).sorted { $0.line.utf8.count > $1.line.utf8.count }
            return try (Array(all.prefix(12)) + Array(all.suffix(3))).map {
                (try #require($0.object["id"] as? String), $0.object)
            }
        }

        @Test("the Python code of docs/reading-state.md joins registers like Converge and gives the same agents and contacts")
        func python() throws {
            let code = blocks("python").joined(separator: "\n\n\n")
            #expect(code.components(separatedBy: "\nprint(").count == 3)
            let library = code.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("print(") }
            try state.scratch.write(
                "reading.py",
                library.joined(separator: "\n") + """


                    import sys

                    def shown(value):
                        if isinstance(value, datetime):
                            return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03}Z"
                        return float(value)

                    for kind, entity_id in map(json.loads, sys.stdin):
                        state = join(rows("converge", kind, entity_id))
                        answer = agent(state) if kind == "agent" else contact(state) if kind == "contact" else None
                        if kind == "username":
                            answer = agents_named("converge", entity_id)
                        print(json.dumps([state, answer], default=shown))
                    """)
            let kinds = ["agent", "contact", "customer", "flow", "queue", "session", "username"]
            let wanted = try kinds.flatMap { kind in try samples(kind).map { (kind: kind, id: $0.id, object: $0.object) } }
            let input = try wanted.map {
                String(decoding: try JSONSerialization.data(withJSONObject: [$0.kind, $0.id]), as: UTF8.self)
            }
            let asked = try state.scratch.write("asked.jsonl", input.jsonLines)
            let script = state.scratch.path("reading.py")
            let output = try state.emulator.shell("us-west-2", "python \"$1\" < \"$2\"", [script, asked]).split(separator: "\n")
            try #require(output.count == wanted.count)
            for (line, entity) in zip(output, wanted) {
                let pair = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any])
                let joined = String(decoding: try JSONSerialization.data(withJSONObject: pair[0]), as: UTF8.self)
                let registers = try #require(entity.object["registers"] as? [String: [String: Any]])
                #expect(try ordered(joined) == readable(registers), "\(entity.kind) \(entity.id)")
                let projection = try #require(entity.object["state"] as? [String: Any])
                switch entity.kind {
                case "agent": try expect(agent: pair[1], is: projection)
                case "contact": try expect(contact: pair[1], is: projection)
                case "username": #expect(Set(pair[1] as? [String] ?? []) == Set(projection["agents"] as? [String] ?? []))
                default: break
                }
            }
        }

        private func expect(agent told: Any, is projection: [String: Any]) throws {
            let told = try #require(told as? [String: Any])
            #expect(told["presence"] as? String == projection["presence"] as? String)
            #expect(told["regionsOnline"] as? [String] == projection["regionsOnline"] as? [String])
            var status = projection["status"] as? [String: Any]
            status?["since"] = nil
            #expect(told["status"] as? NSDictionary == status as NSDictionary?)
        }

        private func expect(contact told: Any, is projection: [String: Any]) throws {
            let told = try #require(told as? [String: Any])
            #expect(told["milestones"] as? NSDictionary == projection["milestones"] as? NSDictionary)
            #expect(told["attributes"] as? NSDictionary == projection["attributes"] as? NSDictionary)
            guard let channel = told["channel"] as? String else { return }
            #expect(channel == projection["channel"] as? String)
        }

        @Test(
            "the command line of docs/reading-state.md joins registers like Converge",
            arguments: ["agent", "contact", "customer", "username"])
        func commandLine(kind: String) throws {
            let command = try #require(blocks("sh").first { $0.contains("dynamodb query") })
            for (id, object) in try samples(kind).prefix(2) {
                let asked = command.replacing("agent#111122223333/1a2b3c4d/ann", with: "\(kind)#\(id)")
                    .replacing("converge-agent", with: "converge-\(kind)")
                try #require(asked != command && !id.contains("'") && !id.contains("\""))
                let output = try state.emulator.shell("us-east-1", asked)
                let registers = try #require(object["registers"] as? [String: [String: Any]])
                #expect(try ordered(output) == readable(registers), "\(kind) \(id)")
            }
        }
    }
}
