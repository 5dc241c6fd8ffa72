import AWS
import Failover
import FailoverCore
import HTTPClient
import Platform

/// The control table and the groups, as a controller or a person's command of one Region reaches them.
package struct FailoverAccess: Sendable {
    package let settings: FailoverSettings
    /// The Region that is spoken for: the controller's own, or the one that a command moves to.
    package let region: String
    package let peer: String
    package let control: any ControlTable
    package let groups: ConnectGroups
    /// The same for updates of term 0, which ask no control table: a person has broken the glass.
    package let groupsWithoutTable: ConnectGroups

    /// `region`: the one of both that is spoken for; nil: that of the AWS configuration. Throws what is wrong with it, and asks nobody.
    package init(_ settings: FailoverSettings, region: String? = nil, session: AWSSession) throws {
        let (own, peer) = try settings.pair(own: region ?? session.configuredRegion)
        self.settings = settings
        self.region = own
        self.peer = peer
        let control = try FailoverAccess.control(settings, region: own, session)
        self.control = control
        func connect(_ region: String) throws -> ServiceClient {
            try session.client(
                .connect, region: region, retry: RetryOptions(attemptsMax: 1), timeouts: ConnectGroups.timeouts)
        }
        let (ownConnect, otherConnect) = (try connect(own), try connect(peer))
        func groups(newestTerm: @escaping @Sendable () -> Int64?) -> ConnectGroups {
            ConnectGroups(
                groups: settings.groups, own: ownConnect, other: otherConnect, now: { monotonicMilliseconds() },
                newestTerm: newestTerm)
        }
        self.groups = groups {
            if case .control(let view) = control.perform(.read) { view.newest?.term } else { nil }
        }
        groupsWithoutTable = groups { 0 }
    }

    /// Of a person's command, who may sit anywhere. `region`: nil is that of the AWS configuration where it is one of the pair, else the first of the pair.
    package init(_ settings: FailoverSettings, of region: String?) throws {
        let session = try AWSSession()
        let home = session.configuredRegion.flatMap { settings.regions.contains($0) ? $0 : nil }
        try self.init(settings, region: region ?? home ?? settings.regions[0], session: session)
    }

    private static func control(
        _ settings: FailoverSettings, region: String, _ session: AWSSession
    ) throws -> any ControlTable {
        switch settings.control {
        case .local(let path): return try LocalControlTable(path)
        case .table(let name, let regions, let verifies):
            let ordered = regions.filter { $0 == region } + regions.filter { $0 != region }
            return try DynamoDBControlTable(
                name, deployment: settings.instance,
                clients: ordered.map { try DynamoDBControlTable.client(region: $0, session: session) },
                verifiesConsistency: verifies)
        }
    }

    package var ports: FailoverPorts {
        FailoverPorts(control: control, readGroups: { [groups] in groups.read() }, send: { [groups] in groups.send($0) })
    }

    /// The control table, now.
    package func view() throws -> ControlView {
        switch control.perform(.read) {
        case .control(let view): return view
        case .refused(let why): throw ControlTableError("the control table cannot be read: \(why)")
        case .unheard(let why):
            throw ControlTableError(
                "the control table does not answer: \(why). With 'converge failover move --break-glass' a person can move without it"
            )
        default: throw ControlTableError("the control table gave no view")
        }
    }

    /// The groups, now.
    package func groupViews() throws -> [GroupView] {
        switch groups.read() {
        case .groups(let views): return views
        case .refused(let why), .unheard(let why):
            throw ControlTableError("the traffic distribution groups cannot be read at \(region): \(why)")
        default: throw ControlTableError("the traffic distribution groups gave no view")
        }
    }
}
