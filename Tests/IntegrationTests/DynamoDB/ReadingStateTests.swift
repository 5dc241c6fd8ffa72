import Foundation
import Testing

extension ProgramTests {
    /// The code of `docs/reading-state.md`, run as it stands there.
    @Suite("reading the state without Converge")
    struct ReadingStateTests {
        typealias Members = [String: Any]

        private static let kinds = ["agent", "contact", "customer", "flow", "queue", "session", "username", "volume"]
        private let document: String

        init() throws {
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../../docs/reading-state.md").standardized
            document = try String(contentsOf: file, encoding: .utf8)
        }

        /// The blocks of a language, in order.
        func blocks(_ language: String) -> [String] {
            document.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
                $0.components(separatedBy: "\n```").first
            }
        }

        /// Of each kind the entities that most is known of, which both Regions have written of, and some others.
        private func samples(_ state: TableState, _ kind: String, _ count: Int) throws -> [(
            kind: String, id: String, object: Members
        )] {
            let all = try state.entities(kind).sorted { $0.line.utf8.count > $1.line.utf8.count }
            return try (Array(all.prefix(count)) + Array(all.suffix(2))).map {
                (kind, try #require($0.object["id"] as? String), $0.object)
            }
        }

        func json(_ text: some StringProtocol) throws -> Members {
            try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? Members, "\(text)")
        }

        // MARK: - State

        /// Runs a program that answers lines of kind and id with what it read, a line each, and holds that to what `converge show` prints.
        private func run(_ command: String, _ script: String, _ state: TableState, samples count: Int) throws {
            let wanted = try Self.kinds.flatMap { try samples(state, $0, count) }
            let asked = try wanted.map {
                String(decoding: try JSONSerialization.data(withJSONObject: [$0.kind, $0.id]), as: UTF8.self)
            }
            let input = try state.scratch.write("asked-\(script).jsonl", asked.jsonLines)
            let output = try state.emulator.shell("us-west-2", command, [state.scratch.path(script), input]).split(
                separator: "\n")
            try #require(output.count == wanted.count)
            for (line, entity) in zip(output, wanted) {
                let projection = try #require(entity.object["state"] as? Members)
                try expect(try json(line), is: projection, entity.kind, entity.id)
            }
        }

        /// What is exact where each Region's worker has the events of its Region.
        private func expect(_ told: Members, is shown: Members, _ kind: String, _ id: String) throws {
            func same(_ a: Any?, _ b: Any?, _ what: String) {
                #expect((a as? NSObject) == (b as? NSObject), "\(kind) \(id): \(what)")
            }
            func some(_ members: Any?) -> Members? { (members as? Members).flatMap { $0.isEmpty ? nil : $0 } }
            /// Without nulls.
            func whole(_ members: Any?) -> Members { (members as? Members ?? [:]).filter { !($0.value is NSNull) } }
            func milliseconds(_ time: Any?) throws -> Int? {
                guard let text = time as? String else { return nil }
                let date = try Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
                return Int((date.timeIntervalSince1970 * 1_000).rounded())
            }
            switch kind {
            case "agent":
                let regions = try #require(told["regions"] as? [String: Members])
                let all = try #require(shown["regions"] as? [String: Members])
                #expect(Set(regions.keys) == Set(all.keys))
                for (name, region) in all {
                    same(regions[name]?["presence"] ?? "unknown", region["presence"], "presence in \(name)")
                    let (status, known) = (regions[name]?["status"] as? Members, whole(region["status"]))
                    same(status?["name"], known["name"], "status in \(name)")
                    same(status?["since"], try milliseconds(known["since"]), "status in \(name)")
                    let contacts = (regions[name]?["contacts"] as? [Members] ?? []).map { $0["id"] as? String }
                    #expect(contacts == (region["contacts"] as? [Members] ?? []).map { $0["contactId"] as? String }, "\(id)")
                }
                if let answer = told["status"] as? [Any] {
                    let status = whole(shown["status"])
                    same(answer[0], status["region"], "region of the status")
                    same(((answer[1] as? Members)?["status"] as? Members)?["name"], status["name"], "status")
                }
            case "contact":
                for name in ["phase", "channel", "disconnectReason", "customerId", "initiationMethod"] {
                    same(told[name], whole(shown)[name], name)
                }
                same(some(told["attributes"]), some(shown["attributes"]), "attributes")
                let milestones = whole(shown["milestones"])
                for (name, time) in told["milestones"] as? Members ?? [:] {
                    same(time, try milliseconds(milestones[name] ?? shown["connectedToAgentAt"]), name)
                }
                let agent = told["agent"] as? Members
                let agentId = agent?["id"].map { "\(told["instance"] ?? "")/\($0)" }
                same(agentId, whole(shown["agent"])["id"], "agent")
            case "customer":
                // Their values may be of both Regions.
                #expect(
                    Set((told["fields"] as? Members ?? [:]).keys) == Set((shown["fields"] as? Members ?? [:]).keys), "\(id)")
            case "flow": same(some(told["variables"]), some(shown["variables"]), "variables")
            case "volume": for name in ["minutes", "starts"] { same(told[name], whole(shown)[name], name) }
            case "username": #expect(Set(told["agents"] as? [String] ?? []) == Set(shown["agents"] as? [String] ?? []), "\(id)")
            default: break
            }
        }

        @Test("no example of docs/reading-state.md that reads an entity has over 25 lines")
        func short() {
            for (language, count) in [("python", 2), ("js", 1), ("sh", 1)] {
                for block in blocks(language).prefix(count) { #expect(block.split(separator: "\n").count <= 25, "\(block)") }
            }
        }

        /// The examples, and what runs them: it answers lines of kind and id.
        func python(prefix: String = "converge") throws -> String {
            let code = blocks("python").prefix(2).joined(separator: "\n\n\n")
            #expect(code.components(separatedBy: "\nprint(").count == 2)
            let library = code.components(separatedBy: "\n\n\nregion, facts = ")[0]
            return library + """


                import json, sys

                for kind, entity_id in map(json.loads, open(sys.argv[1])):
                    told = entity("\(prefix)", kind, entity_id)
                    if kind == "agent":
                        told["status"] = status(told)
                    print(json.dumps(told, default=float))
                """
        }

        @Test("the Python code of docs/reading-state.md reads rows of two Regions as converge show prints them")
        func pythonCode() throws {
            let state = try TableState.regional.get()
            try state.scratch.write("reading.py", try python())
            try run("python \"$1\" \"$2\"", "reading.py", state, samples: 12)
        }

        /// The example, with a stand-in for the SDK, which only npm has: it asks through the AWS CLI.
        func javaScript(in scratch: Scratch, prefix: String = "converge") throws {
            let modules = ["client-dynamodb": "export class DynamoDBClient {}", "lib-dynamodb": Self.documentClient]
            for (name, code) in modules {
                let folder = "node_modules/@aws-sdk/\(name)"
                try FileManager.default.createDirectory(
                    atPath: scratch.path(folder), withIntermediateDirectories: true)
                try scratch.write("\(folder)/package.json", #"{"type":"module","exports":"./index.js"}"#)
                try scratch.write("\(folder)/index.js", code)
            }
            try scratch.write(
                "reading.mjs",
                try #require(blocks("js").first) + """


                    import { readFileSync } from "node:fs";
                    for (const line of readFileSync(process.argv[2], "utf8").trim().split("\\n")) {
                      console.log(JSON.stringify(await entity("\(prefix)", ...JSON.parse(line))));
                    }
                    """)
        }

        private static let documentClient = """
            import { execFileSync } from "node:child_process";

            function plain(typed) {
              const [[type, value]] = Object.entries(typed);
              if (type === "M") return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
              if (type === "L") return value.map(plain);
              return type === "N" ? Number(value) : type === "NULL" ? null : value;
            }

            export class QueryCommand {
              constructor(input) { this.input = input; }
            }

            export class DynamoDBDocumentClient {
              static from() { return new DynamoDBDocumentClient(); }
              async send({ input }) {
                const typed = Object.entries(input.ExpressionAttributeValues).map(([name, value]) => [name, { S: value }]);
                const query = { ...input, ExpressionAttributeValues: Object.fromEntries(typed) };
                const command = ["dynamodb", "query", "--output", "json", "--cli-input-json", JSON.stringify(query)];
                const answer = JSON.parse(execFileSync("aws", command));
                return { ...answer, Items: answer.Items.map((item) => plain({ M: item })) };
              }
            }
            """

        @Test("the JavaScript code of docs/reading-state.md reads rows of two Regions as converge show prints them")
        func javaScriptCode() throws {
            let state = try TableState.regional.get()
            try javaScript(in: state.scratch)
            try run("node \"$1\" \"$2\"", "reading.mjs", state, samples: 2)
        }

        @Test(
            "the command line of docs/reading-state.md reads rows of two Regions as converge show prints them", arguments: kinds
        )
        func commandLine(kind: String) throws {
            let state = try TableState.regional.get()
            let command = try #require(blocks("sh").first { $0.contains("dynamodb query") })
            for sample in try samples(state, kind, 2).prefix(3) {
                let asked = command.replacing("agent#111122223333/1a2b3c4d/ann", with: "\(kind)#\(sample.id)")
                    .replacing("converge-agent", with: "converge-\(kind)")
                try #require(asked != command && !sample.id.contains("'") && !sample.id.contains("\""))
                let projection = try #require(sample.object["state"] as? Members)
                try expect(try json(try state.emulator.shell("us-east-1", asked)), is: projection, kind, sample.id)
            }
        }

        @Test("the code of docs/reading-state.md says so when a row has no state")
        func absent() throws {
            let state = try TableState.shared.get()
            let sample = try samples(state, "contact", 1)[0]
            let asked = try JSONSerialization.data(withJSONObject: [sample.kind, sample.id])
            let input = try state.scratch.write("asked.jsonl", String(decoding: asked, as: UTF8.self) + "\n")
            try state.scratch.write("absent.py", try python())
            try javaScript(in: state.scratch)
            let line = try #require(blocks("sh").first { $0.contains("dynamodb query") })
                .replacing("agent#111122223333/1a2b3c4d/ann", with: "contact#\(sample.id)")
                .replacing("converge-agent", with: "converge-contact")
            let commands = [
                ("python \"$1\" \"$2\"", state.scratch.path("absent.py")),
                ("node \"$1\" \"$2\"", state.scratch.path("reading.mjs")),
                (line, ""),
            ]
            for (command, script) in commands {
                let told = try state.emulator.shell("us-east-1", "(\(command)) 2>&1 || true", [script, input])
                #expect(told.contains("a row without state; use converge show"), "\(told)")
            }
        }

        // MARK: - Every register

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
                for name in ["rule", "measure", "tombstone", "buckets"] { readable[name] = register[name] }
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

        @Test("the Python code of docs/reading-state.md joins the registers of rows as Converge does")
        func stamps() throws {
            let state = try TableState.shared.get()
            try state.scratch.write(
                "joining.py",
                try #require(blocks("python").last) + """


                    import sys

                    import boto3
                    from boto3.dynamodb.conditions import Key

                    for kind, entity_id in map(json.loads, open(sys.argv[1])):
                        table = boto3.resource("dynamodb").Table(f"converge-{kind}")
                        rows = table.query(KeyConditionExpression=Key("pk").eq(f"{kind}#{entity_id}"))["Items"]
                        print(json.dumps(join(row["values"] for row in rows), default=float))
                    """)
            let wanted = try Self.kinds.flatMap { try samples(state, $0, 12) }
            let asked = try wanted.map {
                String(decoding: try JSONSerialization.data(withJSONObject: [$0.kind, $0.id]), as: UTF8.self)
            }
            let input = try state.scratch.write("joined.jsonl", asked.jsonLines)
            let command = "python \"$1\" \"$2\""
            let output = try state.emulator.shell("us-west-2", command, [state.scratch.path("joining.py"), input]).split(
                separator: "\n")
            try #require(output.count == wanted.count)
            for (line, entity) in zip(output, wanted) {
                let registers = try #require(entity.object["registers"] as? [String: Members])
                #expect(try ordered(line) == readable(registers), "\(entity.kind) \(entity.id)")
            }
        }
    }
}
