import Bytes
import JSON
import Lattice

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

    let stamp: Stamp
    let status: Status?
    let username: ByteView?
    let routingProfileARN: ByteView?
    let routingProfileName: ByteView?
    /// Where the snapshot's contacts lie in the list that was handed to the initializer, ascending by id.
    let contacts: Range<Int>

    /// Nil where the value is no object. Appends the snapshot's contacts to `list`.
    init?(_ register: RegisterView, parser: JSONParser, contacts list: inout [Contact]) {
        guard let root = register.object(parser) else { return nil }
        stamp = register.stamp
        status = root.member("AgentStatus").flatMap { Status($0) }
        let configuration = root.member("Configuration")
        username = configuration?.member("Username")?.toldText
        let routingProfile = configuration?.member("RoutingProfile")
        routingProfileARN = routingProfile?.member("ARN")?.toldText
        routingProfileName = routingProfile?.member("Name")?.toldText
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
