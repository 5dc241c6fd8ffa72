/// The configuration of the simulated instance: what stands still during a run, as ready-made JSON.
///
/// Replicas in all Regions share every id; only the Region inside the ARNs differs.
/// Source: botocore connect/2017-08-08, `ReplicateInstanceResponse.Id` (a replica keeps the instance id).
struct TrafficCatalog: Sendable {
    static let account = "236630710668"
    static let queueCount = 40
    static let profileCount = 25
    static let groupCount = 12

    let regions: [RegionCatalog]
    let firstNames: [[UInt8]]
    let lastNames: [[UInt8]]
    /// Lists of proficiencies, as JSON.
    let proficiencies: [[UInt8]]

    init(regions names: [String], seed: UInt64) {
        regions = names.map { RegionCatalog(name: $0, seed: seed) }
        firstNames = Self.firstNames.map { Array($0.utf8) }
        lastNames = Self.lastNames.map { Array($0.utf8) }
        proficiencies = (0..<8).map { Array(Self.proficiencyList($0).utf8) }
    }

    private static func proficiencyList(_ index: Int) -> String {
        let languages = ["en-US", "es-MX", "fr-CA", "de-DE"]
        let all = [
            #"{"Level":\#(2 + index % 4),"Name":"connect:Language","Value":"\#(languages[index % 4])"}"#,
            #"{"Level":\#(1 + index % 5),"Name":"Product","Value":"Überweisung"}"#,
            #"{"Level":3,"Name":"Tier","Value":"gold"}"#,
        ]
        return "[" + all.prefix((index + 1) / 3).joined(separator: ",") + "]"
    }

    private static let firstNames = [
        "Ana", "José", "Mary", "Wei", "Priya", "Olu", "Zoë", "Ivan", "Chidi", "Søren", "Fatima", "Liam", "Noah", "Emma",
        "Ava", "Mía", "Łukasz", "花子", "Renée", "Björn", "Grace", "Omar", "Inês",
    ]
    private static let lastNames = [
        "Smith", "García", "Chen", "Patel", "O'Neil", "Müller", "Okafor", "Silva", "Kim", "Brown", "Jones", "López", "Nguyễn",
        "Novák", "Rossi", "Khan", "Østergård", "佐藤", "Dubois", "Kowalski", "Adeyemi", "Haddad", "Young", "Iyer", "Quinn",
        "Sjöberg", "Costa", "Reyes", "Walker",
    ]

    /// Queue names, some of them outside ASCII.
    static func queueName(_ index: Int) -> String {
        let names = [
            "Sales", "Support", "Billing", "Reclamações", "Tech Support Tier 2", "Kündigung & Rückruf", "Ventas México",
            "サポート", "Retention", "Claims",
        ]
        return "\(names[index % names.count]) \(index / names.count + 1)"
    }

    /// The channels a queue takes, as a JSON list.
    static func queueChannels(_ index: Int) -> String {
        switch index % 4 {
        case 0: #"["VOICE"]"#
        case 1: #"["VOICE","CHAT"]"#
        case 2: #"["VOICE","CHAT","TASK"]"#
        default: #"["CHAT","VOICE"]"#
        }
    }
}

/// The statuses an agent can choose, by their place in ``RegionCatalog/statusHeads``.
enum AgentStatusCode: UInt8, Sendable, CaseIterable {
    case available, offline, onBreak, lunch, training, meeting

    var name: String {
        switch self {
        case .available: "Available"
        case .offline: "Offline"
        case .onBreak: "Break"
        case .lunch: "Lunch"
        case .training: "Training"
        case .meeting: "Team meeting – weekly"
        }
    }

    /// What closes the status object, behind its start.
    var tail: StaticString {
        switch self {
        case .available: #","Type":"ROUTABLE"}"#
        case .offline: #","Type":"OFFLINE"}"#
        default: #","Type":"CUSTOM"}"#
        }
    }
}

/// The JSON fragments of one Region. A fragment named `Head` ends where a value of the moment follows.
struct RegionCatalog: Sendable {
    let name: [UInt8]
    let instanceARN: [UInt8]
    /// Members of an agent event up to and with the opening of the agent's id.
    let agentEventHead: [UInt8]
    /// Of an agent status: up to the value of StartTimestamp.
    let statusHeads: [[UInt8]]
    /// Of a next status: up to the value of EnqueuedTimestamp.
    let nextStatusHeads: [[UInt8]]
    /// What closes a next status.
    let nextStatusTails: [[UInt8]]
    /// AgentHierarchyGroups of a snapshot.
    let groups: [[UInt8]]
    /// HierarchyGroups of a contact record.
    let recordGroups: [[UInt8]]
    let groupARNs: [[UInt8]]
    let profiles: [RoutingProfile]
    /// The queue object of a contact in a snapshot.
    let contactQueues: [[UInt8]]
    let queueARNs: [[UInt8]]
    /// Quoted queue names.
    let queueNames: [[UInt8]]
    /// ContactFlowId and ContactFlowName members of a log entry.
    let flows: [[UInt8]]

    struct RoutingProfile: Sendable {
        /// Up to the opening of the Concurrency list.
        var head: [UInt8]
        /// From the closing of that list to the end, or to the agent's id in the ARN of the agent's own queue.
        var middle: [UInt8]
        /// What closes the profile behind that id; empty where the agent has no queue of its own.
        var tail: [UInt8]
        /// ARN and Name, as a record has them.
        var brief: [UInt8]
        var outboundQueue: Int
        /// Chats at once; 0 for a profile that takes calls only.
        var chatSlots: Int
    }

    static let flowNames = [
        "Main IVR", "Authentication", "Billing menu", "Rückruf anbieten", "Queue flow", "Order status", "Encuesta", "Nights",
    ]

    init(name: String, seed: UInt64) {
        func id(_ domain: TrafficUUID.Domain, _ number: Int) -> String {
            var line = TrafficLine(reusing: [])
            line.uuid(TrafficUUID(domain, UInt64(number), seed: seed))
            return String(decoding: line.bytes, as: UTF8.self)
        }
        let instance = "arn:aws:connect:\(name):\(TrafficCatalog.account):instance/\(id(.instance, 0))"
        func queueARN(_ index: Int) -> String { "\(instance)/queue/\(id(.queue, index))" }
        func queue(_ index: Int, channels: String) -> String {
            #"{"ARN":"\#(queueARN(index))","Channels":\#(channels),"Name":"\#(TrafficCatalog.queueName(index))"}"#
        }
        func queue(_ index: Int) -> String { queue(index, channels: TrafficCatalog.queueChannels(index)) }
        func levels(_ index: Int, nameKey: String) -> String {
            let parts = (1...5).map { level in
                guard level <= 1 + index % 4 / 3 else { return #""Level\#(level)":null"# }
                let group = index / (level == 1 ? 6 : level == 2 ? 3 : 1)
                let arn = "\(instance)/agent-group/\(id(.group, level * 100 + group))"
                return #""Level\#(level)":{"ARN":"\#(arn)","\#(nameKey)":"Level \#(level) Gruppe \#(group)"}"#
            }
            return "{" + parts.joined(separator: ",") + "}"
        }
        self.name = Array(name.utf8)
        instanceARN = Array(instance.utf8)
        agentEventHead = Array(#"{"AWSAccountId":"\#(TrafficCatalog.account)","AgentARN":"\#(instance)/agent/"#.utf8)
        let statuses = AgentStatusCode.allCases.map { ($0, "\(instance)/agent-state/\(id(.status, Int($0.rawValue)))") }
        statusHeads = statuses.map { Array(#"{"ARN":"\#($1)","Name":"\#($0.name)","StartTimestamp":"#.utf8) }
        nextStatusHeads = statuses.map { Array(#"{"ARN":"\#($1)","EnqueuedTimestamp":"#.utf8) }
        nextStatusTails = statuses.map { Array(#","Name":"\#($0.0.name)"}"#.utf8) }
        groups = (0..<TrafficCatalog.groupCount).map { Array(levels($0, nameKey: "Name").utf8) }
        recordGroups = (0..<TrafficCatalog.groupCount).map { Array(levels($0, nameKey: "GroupName").utf8) }
        groupARNs = (0..<TrafficCatalog.groupCount).map { Array("\(instance)/agent-group/\(id(.group, 100 + $0 / 6))".utf8) }
        profiles = (0..<TrafficCatalog.profileCount).map { index in
            let arn = "\(instance)/routing-profile/\(id(.profile, index))"
            let label = index % 6 == 5 ? "Perfil de enrutamiento nº \(index)" : "Routing profile \(index)"
            let outbound = index % TrafficCatalog.queueCount
            let hasOwnQueue = index % 4 == 0
            let inboundCount = hasOwnQueue ? 1 : 1 + index % 3
            let inbound = (0..<inboundCount).map { queue((index * 7 + $0 * 3) % TrafficCatalog.queueCount) }
            let inboundList = inbound.joined(separator: ",")
            let end = #"],"Name":"\#(label)"}"#
            let own = #"{"ARN":"\#(instance)/queue/agent/"#
            let ownEnd = #"","Channels":["VOICE","CHAT"],"Name":null},"#
            return RoutingProfile(
                head: Array(#"{"ARN":"\#(arn)","Concurrency":["#.utf8),
                middle: Array(
                    #"],"DefaultOutboundQueue":\#(queue(outbound, channels: #"["VOICE"]"#)),"InboundQueues":["#.utf8)
                    + Array((hasOwnQueue ? own : inboundList + end).utf8),
                tail: Array((hasOwnQueue ? ownEnd + inboundList + end : "").utf8),
                brief: Array(#"{"ARN":"\#(arn)","Name":"\#(label)"}"#.utf8),
                outboundQueue: outbound,
                chatSlots: index % 3 == 0 ? 0 : 1 + index % 3)
        }
        contactQueues = (0..<TrafficCatalog.queueCount).map {
            Array(#"{"ARN":"\#(queueARN($0))","Name":"\#(TrafficCatalog.queueName($0))"}"#.utf8)
        }
        queueARNs = (0..<TrafficCatalog.queueCount).map { Array(queueARN($0).utf8) }
        queueNames = (0..<TrafficCatalog.queueCount).map { Array("\"\(TrafficCatalog.queueName($0))\"".utf8) }
        flows = Self.flowNames.enumerated().map { index, label in
            let arn = "\(instance)/contact-flow/\(id(.flow, index))"
            return Array(#""ContactFlowId":"\#(arn)","ContactFlowName":"\#(label)""#.utf8)
        }
    }
}
