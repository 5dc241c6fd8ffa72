import Foundation
import HTTPClient
import Servers
import TestSupport
import Testing

extension ProgramTests {
    /// `make demo`: two Regions with everything, for people to look at by the console. It goes on until its input ends.
    @Suite(
        "demo", .enabled(if: ProcessInfo.processInfo.environment["CONVERGE_DEMO"] == "1"), .waiting(minutes: 60 * 24))
    struct DemoTests {
        private static let agents = 200

        @Test("two Regions under traffic, with a console each")
        func demo() throws {
            say("starting two Regions: emulators, replication, Amazon Connect, 200 agents, calls (a minute)")
            let demo = try Demo(agents: DemoTests.agents)
            for region in TwoRegions.names { say("console of \(region): \(try demo.console(region))") }
            say("ready. Type: lose REGION | restore REGION | letters | quit")
            while let line = readLine() {
                let words = line.split(separator: " ").map(String.init)
                do {
                    switch (words.first, words.dropFirst().first) {
                    case ("lose", let region?) where TwoRegions.names.contains(region):
                        try demo.lose(region)
                        say(
                            "\(region) is gone: its telephony, its worker, its controller, and what came from there. Look at the other console"
                        )
                    case ("restore", let region?) where TwoRegions.names.contains(region):
                        try demo.restore(region)
                        say("\(region) is back. Nothing moves by itself: see the page Failover")
                    case ("letters", nil):
                        try demo.sendWhatCannotBeRead()
                        say("40 records that cannot be read were sent: see the page Dead letters")
                    case ("quit", nil): return
                    case (nil, _): break
                    default:
                        say(
                            "accepted: lose REGION, restore REGION, letters, quit. Regions: \(TwoRegions.names.joined(separator: ", "))"
                        )
                    }
                } catch {
                    say("that went wrong: \(error)")
                }
            }
        }

        private func say(_ text: String) { FileHandle.standardOutput.write(Data("demo: \(text)\n".utf8)) }
    }
}

/// Two Regions as ``FailoverWorld`` has them, with a worker and a controller in each that serve the console, under traffic.
final class Demo {
    private static let client = Result { try HTTPClient() }
    /// Of the first Region; the second one has the next.
    private static let port = ProcessInfo.processInfo.environment["CONVERGE_DEMO_PORT"].flatMap { Int($0) } ?? 9464

    let world: FailoverWorld
    private var workers: [String: KafkaWorker] = [:]

    init(agents: Int) throws {
        world = try FailoverWorld(agents: agents, .standard)
        try world.make()
        // Active in both: each has half of the callers and of the agents.
        try world.connect.moveByHand(Dictionary(uniqueKeysWithValues: TwoRegions.names.map { ($0, 50) }))
        for region in TwoRegions.names { try start(region) }
        try world.connect.open(within: 2)
        try world.connect.call(perSecond: 4)
        try eventually("the agents are known in both Regions", of: Array(workers.values)) {
            try TwoRegions.names.allSatisfy { try world.agentsKnown(in: $0) == agents }
        }
        for customer in 1...12 { try tell(customer) }
        for (number, queue) in ["Orders", "Returns", "Technical"].enumerated() {
            try post(
                "converge.queue.v1", queue.lowercased(),
                ["name": queue, "contactsInQueue": number * 3, "agentsAvailable": 14 - number * 5])
        }
        try sendWhatCannotBeRead()
    }

    deinit { for worker in workers.values { worker.signal(SIGKILL) } }

    func console(_ region: String) throws -> String { try #require(workers[region]?.address) + "/console/" }

    /// As when a Region is lost with everything in it.
    func lose(_ region: String) throws {
        try world.lose(region)
        workers.removeValue(forKey: region)?.signal(SIGKILL)
    }

    func restore(_ region: String) throws {
        try world.restore(region)
        try start(region)
    }

    private func start(_ region: String) throws {
        guard let place = TwoRegions.names.firstIndex(of: region), workers[region] == nil else { return }
        let worker = try world.worker(
            region,
            [
                "CONVERGE_HTTP_PORT": "\(Demo.port == 0 ? 0 : Demo.port + place)", "CONVERGE_HTTP_CHANGES": "true",
                "CONVERGE_WRITING_STREAM": "events", "CONVERGE_WRITING_KEYS": "a demo's key that guards nothing at all",
                "CONVERGE_DEAD_LETTERS_PATH": world.scratch.path("dead-letters-\(region).jsonl"),
            ])
        workers[region] = worker
        try eventually("the worker of \(region) serves", of: [worker]) { worker.address != nil }
    }

    /// A customer with a flow that is under way and an authentication, as other systems tell of them.
    private func tell(_ number: Int) throws {
        let names = [
            "Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Leslie", "Tony", "Frances", "John", "Margaret",
        ]
        try post(
            "converge.customer.v1", "customer-\(number)",
            ["name": names[(number - 1) % names.count], "tier": number % 3 == 0 ? "gold" : "standard"])
        try post("converge.authentication.v1", "customer-\(number)", ["result": "verified", "level": 2, "method": "pin"])
        try post("converge.session.v1", "desk-\(number)/1", ["note": "draft \(number)", "status": "open"])
    }

    private func post(_ type: String, _ subject: String, _ data: [String: Any]) throws {
        let event: [String: Any] = [
            "specversion": "1.0", "id": UUID().uuidString.lowercased(), "source": "/demo", "type": type, "subject": subject,
            "data": data,
        ]
        let address = try #require(workers.values.first?.address.flatMap { HTTPURL("\($0)/v1/events") })
        let answer = try Demo.client.get().perform(
            HTTPRequest(
                .post, address, headers: [HTTPHeader("Content-Type", "application/cloudevents+json")],
                body: Array(JSONSerialization.data(withJSONObject: event))))
        try #require(
            answer.isSuccess, "\(type): \(answer.status) \(answer.body.withBytes { String(decoding: $0, as: UTF8.self) })")
    }

    /// Records that become dead letters, for several reasons.
    func sendWhatCannotBeRead() throws {
        let lines = (1...20).flatMap { ["this is no JSON, number \($0)", #"{"EventType":"LOGIN","AgentARN":"arn:\#($0)"}"#] }
        let path = try world.scratch.write("unreadable-\(UUID().uuidString).jsonl", lines.joined(separator: "\n") + "\n")
        for region in TwoRegions.names where workers[region] != nil {
            let places = ["AWS_ENDPOINT_URL": world.regions.gateway.base]
            _ = try Feed(path, to: "events", perSecond: 100, region: region, world.regions.environment.merging(places) { $1 })
                .wait()
        }
    }
}
