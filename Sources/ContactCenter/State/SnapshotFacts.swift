import JSON
import Lattice
import Platform

/// What the agent projection takes from one Region's `snapshot/R`. Text is canonical JSON, quotes included.
struct SnapshotFacts {
    struct Status {
        let name: ByteView?
        let type: ByteView?
        let since: Timestamp?

        /// Nil where there is neither a name nor a type.
        init?(_ value: JSONValue) {
            name = value.member("Name")?.toldText
            type = value.member("Type")?.toldText
            since = value.member("StartTimestamp")?.toldTime
            if name == nil, type == nil { return nil }
        }

        /// The type decides; the name only where there is none, as in captures of before 2020.
        var isOffline: Bool {
            if let type { return type.equals("\"OFFLINE\"") }
            return name?.equals("\"Offline\"") ?? false
        }

        /// Whether contacts are routed to the agent: likewise.
        var isRoutable: Bool {
            if let type { return type.equals("\"ROUTABLE\"") }
            return name?.equals("\"Available\"") ?? false
        }
    }

    struct Contact {
        let id: ByteView?
        let channel: ByteView?
        let state: ByteView?
        let since: Timestamp?
        /// Position in the snapshot, which orders contacts that share an id or have none.
        let index: Int

        init(_ value: JSONValue, index: Int) {
            id = value.member("ContactId")?.toldText
            channel = value.member("Channel")?.toldText
            state = value.member("State")?.toldText
            since = value.member("StateStartTimestamp")?.toldTime
            self.index = index
        }

        static func ascending(_ a: Contact, _ b: Contact) -> Bool {
            let order = (a.id ?? StaticString("").view).compare(b.id ?? StaticString("").view)
            return order != 0 ? order < 0 : a.index < b.index
        }
    }

    /// What the agent goes to when the contacts at hand are over.
    struct NextStatus {
        let name: ByteView?
        let since: Timestamp?

        /// Nil where there is no name.
        init?(_ value: JSONValue) {
            guard let name = value.member("Name")?.toldText else { return nil }
            self.name = name
            // Spelled differently in two editions of the documentation.
            since = value.member("EnqueuedTimestamp")?.toldTime ?? value.member("EnqueueTimestamp")?.toldTime
        }
    }

    let stamp: Stamp
    let status: Status?
    let nextStatus: NextStatus?
    let hasConfiguration: Bool
    let username: ByteView?
    let routingProfileARN: ByteView?
    let routingProfileName: ByteView?
    /// Where the snapshot's contacts lie in the list that was handed to the initializer, ascending by id.
    let contacts: Range<Int>
    /// Where these lie in the buffer that was handed to the initializer: the elements of JSON arrays, without the brackets; in the lean form the
    /// members of objects, and no proficiencies.
    let concurrency: Range<Int>
    let hierarchy: Range<Int>
    let proficiencies: Range<Int>

    /// Nil where the value is no object. Appends the snapshot's contacts to `list`, and JSON that is shown as it stands to `texts`.
    init?(
        _ register: RegisterView, region: ByteView, _ form: Form, parser: JSONParser, contacts list: inout [Contact],
        texts: inout ByteBuffer
    ) {
        guard let root = register.object(parser) else { return nil }
        stamp = register.stamp
        status = root.member("AgentStatus").flatMap { Status($0) }
        nextStatus = root.member("NextAgentStatus").flatMap { NextStatus($0) }
        let configuration = root.member("Configuration")
        hasConfiguration = configuration?.isObject ?? false
        username = configuration?.member("Username")?.toldText
        let routingProfile = configuration?.member("RoutingProfile")
        routingProfileARN = routingProfile?.member("ARN")?.toldText
        routingProfileName = routingProfile?.member("Name")?.toldText
        switch form {
        case .whole:
            concurrency = SnapshotFacts.appendConcurrency(of: routingProfile, region: region, to: &texts)
            proficiencies = SnapshotFacts.appendProficiencies(of: configuration, to: &texts)
        case .lean:
            concurrency = SnapshotFacts.appendSlots(of: routingProfile, to: &texts)
            proficiencies = texts.count..<texts.count
        }
        hierarchy = SnapshotFacts.appendHierarchy(of: configuration, form, to: &texts)
        let start = list.count
        if let elements = root.member("Contacts")?.elements {
            for element in elements where element.isObject { list.append(Contact(element, index: list.count)) }
        }
        contacts = start..<list.count
        if contacts.count > 1 {
            list.withUnsafeMutableBufferPointer { all in
                var own = UnsafeMutableBufferPointer(rebasing: all[start...])
                own.sort(by: Contact.ascending)
            }
        }
    }

    var hasRoutingProfile: Bool { routingProfileARN != nil || routingProfileName != nil }
}

// MARK: - Lists that are shown as they stand

extension SnapshotFacts {
    /// How many contacts of each channel the agent may have, and has room for.
    private static func appendConcurrency(
        of routingProfile: JSONValue?, region: ByteView, to out: inout ByteBuffer
    ) -> Range<Int> {
        appendList(of: routingProfile?.member("Concurrency"), to: &out) { slots, out in
            out.append("{\"available\":")
            out.appendOrNull(slots.member("AvailableSlots")?.toldNumber)
            out.append(",\"channel\":")
            out.appendOrNull(slots.member("Channel")?.toldText)
            out.append(",\"maximum\":")
            out.appendOrNull(slots.member("MaximumSlots")?.toldNumber)
            out.append(",\"region\":")
            out.appendJSONString(region)
            out.append("}")
        }
    }

    private static func appendProficiencies(of configuration: JSONValue?, to out: inout ByteBuffer) -> Range<Int> {
        appendList(of: configuration?.member("Proficiencies"), to: &out) { proficiency, out in
            out.append("{\"level\":")
            out.appendOrNull(proficiency.member("Level")?.toldNumber)
            out.append(",\"name\":")
            out.appendOrNull(proficiency.member("Name")?.toldText)
            out.append(",\"value\":")
            out.appendOrNull(proficiency.member("Value")?.toldText)
            out.append("}")
        }
    }

    /// The groups of the agent's hierarchy, from the top. The documentation's tables have two names for them.
    private static func appendHierarchy(of configuration: JSONValue?, _ form: Form, to out: inout ByteBuffer) -> Range<Int> {
        let start = out.count
        let levels: [StaticString] = ["Level1", "Level2", "Level3", "Level4", "Level5"]
        let told = [configuration?.member("AgentHierarchyGroups"), configuration?.member("HierarchyGroups")]
        guard let groups = told.lazy.compactMap({ $0 }).first(where: \.isObject) else { return start..<start }
        for (index, level) in levels.enumerated() {
            guard let group = groups.member(level), group.isObject else { continue }
            let (arn, name) = (group.member("ARN")?.toldText, group.member("Name")?.toldText)
            if arn == nil, name == nil { continue }
            if out.count > start { out.append(",") }
            if form == .lean {
                out.append("\"")
                out.appendDecimal(Int64(index + 1))
                out.append("\":")
                out.appendOrNull(name ?? arn)
                continue
            }
            out.append("{\"arn\":")
            out.appendOrNull(arn)
            out.append(",\"level\":")
            out.appendDecimal(Int64(index + 1))
            out.append(",\"name\":")
            out.appendOrNull(name)
            out.append("}")
        }
        return start..<out.count
    }

    private static func appendList(
        of value: JSONValue?, to out: inout ByteBuffer, _ append: (JSONValue, inout ByteBuffer) -> Void
    ) -> Range<Int> {
        let start = out.count
        guard let value, value.isArray else { return start..<start }
        for element in value.elements where element.isObject {
            if out.count > start { out.append(",") }
            append(element, &out)
        }
        return start..<out.count
    }
}
