import API
import Console
import ContactCenter
import EngineCore
import HTTPServer
import Observability
import Writing

/// What a process serves over HTTP: metrics, health and the state. It is the same of a worker and of `converge serve`.
final class APIServer: Sendable {
    /// Where the state is read from.
    enum State {
        /// A store that one worker has to itself.
        case member(any Store)
        /// Tables: the join of all Regions' rows of an entity.
        case all(EntityReading)
    }

    /// What is read over HTTP.
    struct Source {
        var state: State
        var reading: ReadingSource
        /// Of customers' aliases; nil: there are none to look up.
        var aliasKey: AliasKey?
        /// Nil where the process watches over none.
        var failover: (any FailoverAnswers)?
        /// Where what is written goes; nil: nothing can be written.
        var writing: WritingSettings?
        /// Nil: nobody follows changes here, and nothing is listed.
        var feed: (any StateFeed)?
        /// Nil where the process has no dead letters to show.
        var letters: (any LetterAnswers)?
        var lettersElsewhere = "this process writes no dead letters: ask a worker (converge run)"
        /// How the process stands beside the state.
        var standing = ProcessStanding()
        /// `worker`, `serve`, and which version of it.
        var process = (name: "worker", version: "")
    }

    private let ports: HTTPPorts
    private let writing: WritingService?

    /// Listens from here on. `isBeside`: whether it can be ready although no token can be verified.
    init(_ http: HTTPSettings, _ source: Source, _ operations: Operations, isBeside: Bool, _ log: Log) throws {
        let writing = try source.writing.map { try WritingService($0, read: source.reading.read, log) }
        self.writing = writing
        ports = try HTTPPorts(http, operations, isBeside: isBeside, log) { router in
            APIServer.addRoutes(to: &router, source, writing?.writer)
            APIServer.addConsole(to: &router, APIServer.identity(source, http), source.standing)
        }
    }

    /// All but operations.
    static func addRoutes(to router: inout HTTPRouter, _ source: Source, _ writer: EventWriter?) {
        switch source.state {
        case .member(let store): router.addState(store, failed: source.reading.failed)
        case .all(let read): router.addState(read: read, failed: source.reading.failed)
        }
        var reading = source.reading
        reading.resident = source.feed?.resident
        // A writer reads what they wrote.
        if let writer { reading.lay(writer) }
        router.addWriting(writer)
        router.addChanges(source.feed?.hub)
        if let resident = source.feed?.resident {
            let known = reading.regions
            reading.regions = { resident.joined(to: known()) }
        }
        router.addReading(reading)
        router.addLists(source.feed?.resident, reading)
        router.addLookups(reading, key: source.aliasKey)
        router.addFailover(source.failover)
        router.addLetters(source.letters, why: source.lettersElsewhere)
    }

    /// The console, and what it asks for beside the state: of whoever serves HTTP.
    static func addConsole(
        to router: inout HTTPRouter, _ identity: ProcessStanding.Identity, _ standing: ProcessStanding
    ) {
        router.addStanding(standing)
        router.addIdentity(identity)
        router.addConsole()
    }

    static func identity(_ source: Source, _ http: HTTPSettings) -> ProcessStanding.Identity {
        let known = source.reading.regions()
        let own = known.first(where: \.isOwn)?.name ?? source.failover?.ownRegion
        return ProcessStanding.Identity(
            process: source.process.name, version: source.process.version, region: own,
            regions: source.failover?.regions ?? known.map(\.name), tellsChanges: source.feed != nil,
            hasFailover: source.failover != nil, missing: http.missing, wantsTokens: http.tokens != nil)
    }

    /// Where it listens, for people.
    var place: String { ports.place }

    /// Accepts no more; answers under way have `graceMilliseconds`.
    func stop(graceMilliseconds: Int = 1000) {
        ports.stop(graceMilliseconds: graceMilliseconds)
        writing?.close()
    }
}
