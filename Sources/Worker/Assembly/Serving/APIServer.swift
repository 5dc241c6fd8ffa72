import API
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
    }

    private let server: HTTPServer
    private let access: APIAccess?
    private let writing: WritingService?

    /// Listens from here on. `ready`: asked for at each request, on the server's threads. `isBeside`: whether it can be ready although no token can be verified.
    init(
        _ http: HTTPSettings, _ source: Source, metrics: Metrics,
        live: @escaping @Sendable () -> HealthReport,
        ready: @escaping @Sendable () -> HealthReport, isBeside: Bool, _ log: Log
    ) throws {
        let access = try http.tokens.map { try APIAccess($0, rates: http.rates, log) }
        try access?.observe(metrics)
        let writing = try source.writing.map { try WritingService($0, read: source.reading.read, log) }
        let router = APIServer.router(
            source, writing?.writer, metrics: metrics, live: live,
            ready: {
                guard var check = access?.check else { return ready() }
                check.isBeside = isBeside
                return HealthReport(ready().checks + [check])
            }, access, log)
        APIServer.tellWho(http, log)
        let tls = http.tls.map { files in
            HTTPTLS(certificate: files.certificate, key: files.key) { log.warning("http.tls", $0) }
        }
        server = try HTTPServer(address: http.address, port: http.port, tls: tls, router: router)
        (self.access, self.writing) = (access, writing)
        if access?.start() == false { throw PipelineError.noThread }
    }

    /// Every route that is served, behind those who may use it.
    static func router(
        _ source: Source, _ writer: EventWriter?, metrics: Metrics, live: @escaping @Sendable () -> HealthReport,
        ready: @escaping @Sendable () -> HealthReport, _ access: APIAccess?, _ log: Log
    ) -> HTTPRouter {
        var router = HTTPRouter()
        // A browser that came over TLS once comes by nothing else.
        router.use { request, _, next in
            var answer = next(request)
            if request.isEncrypted { answer.headers.append(("Strict-Transport-Security", "max-age=31536000")) }
            return answer
        }
        access?.guardRoutes(of: &router)
        router.addOperations(metrics: metrics, live: live, ready: ready)
        switch source.state {
        case .member(let store): router.addState(store, failed: source.reading.failed)
        case .all(let read): router.addState(read: read, failed: source.reading.failed)
        }
        var reading = source.reading
        // A writer reads what they wrote.
        if let writer { reading.read = writer.reading }
        router.addWriting(writer)
        router.addChanges(source.feed?.hub)
        router.addReading(reading)
        router.addLookups(reading, key: source.aliasKey)
        router.addFailover(source.failover)
        return router
    }

    /// Who can read the state, as it is configured.
    private static func tellWho(_ http: HTTPSettings, _ log: Log) {
        let place: KeyValuePairs<String, LogValue> = ["address": .text(http.address), "port": .integer(http.port)]
        if http.isInsecure, !HTTPServer.isLoopback(address: http.address), http.tls == nil || http.tokens == nil {
            let who =
                http.tokens == nil
                ? "everyone who can connect to \(http.address) port \(http.port) can read the state, which is personal data"
                : "whoever is on the way to \(http.address) port \(http.port) can read tokens and the state, which is personal data"
            log.warning("http.insecure", "http.insecure is on: \(who)", place)
        } else if http.tokens == nil {
            log.info("http.open", "http.tokens is not set: everybody on this machine may use every route", place)
        }
    }

    /// Where it listens, for people.
    var place: String { "\(server.address):\(server.port)" }

    /// Accepts no more; answers under way have `graceMilliseconds`.
    func stop(graceMilliseconds: Int = 1000) {
        server.stop(graceMilliseconds: graceMilliseconds)
        access?.stop()
        writing?.close()
    }
}
