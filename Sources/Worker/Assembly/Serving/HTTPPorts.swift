import API
import EngineCore
import HTTPServer
import Observability
import Tokens

/// What everybody may ask a process: how it is.
struct Operations: Sendable {
    var metrics: Metrics
    var live: @Sendable () -> HealthReport
    /// Asked for at each request, on the server's threads.
    var ready: @Sendable () -> HealthReport

    func add(to router: inout HTTPRouter) { router.addOperations(metrics: metrics, live: live, ready: ready) }
}

/// The ports of a process, and who may do what there, as the configuration says: one port for everything, or one for health and metrics and
/// another one for the rest.
final class HTTPPorts: Sendable {
    /// Connections of a port for health and metrics alone, those that ask for health aside.
    private static let operationsConnectionsMax = 8

    private let servers: [HTTPServer]
    private let access: APIAccess?

    /// Listens from here on. `isBeside`: whether it can be ready although no token can be verified. `routes`: adds everything else.
    init(
        _ http: HTTPSettings, _ operations: Operations, isBeside: Bool, _ log: Log, routes: (inout HTTPRouter) -> Void
    ) throws {
        let access = try http.tokens.map { try APIAccess($0, rates: http.rates, log) }
        try access?.observe(operations.metrics)
        var operations = operations
        operations.ready = { [ready = operations.ready] in
            HealthReport(ready().checks + HTTPPorts.checks(http, access, isBeside: isBeside))
        }
        let login = try http.login.flatMap { settings in
            try access.map { access in
                Login(settings, try LoginProvider(settings), log) { token throws(TokenFailure) in try access.claims(of: token) }
            }
        }
        var router = HTTPPorts.guarded(by: access, for: http.origins, login: login)
        if http.operations == nil { operations.add(to: &router) }
        routes(&router)
        Login.add(login, to: &router)
        HTTPPorts.tellWho(http, log)
        let tls = http.tls.map { files in
            HTTPTLS(certificate: files.certificate, key: files.key) { log.warning("http.tls", $0) }
        }
        var limits = HTTPLimits()
        if login != nil { limits.headerBytesMax = Login.headerBytesMax }
        let main = try HTTPServer(address: http.address, port: http.port, limits: limits, tls: tls, router: router)
        if let place = http.operations {
            var beside = HTTPRouter()
            operations.add(to: &beside)
            var few = HTTPLimits()
            few.connectionsMax = HTTPPorts.operationsConnectionsMax
            servers = [main, try HTTPServer(address: place.address, port: place.port, limits: few, router: beside)]
        } else {
            servers = [main]
        }
        self.access = access
        if access?.start() == false { throw PipelineError.noThread }
    }

    /// A router whose routes are behind those who may use them. `origins`: whose pages may read what is answered.
    static func guarded(by access: APIAccess?, for origins: [String] = [], login: Login? = nil) -> HTTPRouter {
        var router = HTTPRouter()
        // A browser that came over TLS once comes by nothing else.
        router.use { request, _, next in
            var answer = next(request)
            if request.isEncrypted { answer.headers.append(("Strict-Transport-Security", "max-age=31536000")) }
            return answer
        }
        let pages = CrossOrigin(origins)
        router.use { pages.answer($0, $1, $2) }
        if let login { router.use { request, _, next in login.answer(request, next) } }
        access?.guardRoutes(of: &router)
        return router
    }

    /// Whether tokens can be verified, and what of protection is missing by `http.insecure`: that is told to everybody, who can see it by asking.
    static func checks(_ http: HTTPSettings, _ access: APIAccess?, isBeside: Bool) -> [HealthReport.Check] {
        var checks: [HealthReport.Check] = []
        if var check = access?.check {
            check.isBeside = isBeside
            checks.append(check)
        }
        if !http.missing.isEmpty {
            checks.append(
                HealthReport.Check(
                    "http.secure", isHealthy: false, "http.insecure is on: without \(http.missing.joined(separator: " and "))",
                    isBeside: true))
        }
        return checks
    }

    /// Who can read the state, as it is configured.
    private static func tellWho(_ http: HTTPSettings, _ log: Log) {
        let place: KeyValuePairs<String, LogValue> = ["address": .text(http.address), "port": .integer(http.port)]
        if http.isInsecure, !http.missing.isEmpty {
            let who =
                http.tokens == nil
                ? "everyone who can connect to \(http.address) port \(http.port) can read the state, which is personal data"
                : "whoever is on the way to \(http.address) port \(http.port) can read tokens and the state, which is personal data"
            log.warning("http.insecure", "http.insecure is on: \(who)", place)
        } else if http.tokens == nil {
            log.info("http.open", "http.tokens is not set: everybody on this machine may use every route", place)
        }
    }

    /// Where it listens, for people: the port for health and metrics last.
    var place: String { servers.map { "\($0.address):\($0.port)" }.joined(separator: ", ") }

    /// Accepts no more; answers under way have `graceMilliseconds`. A port for health and metrics is there to the end.
    func stop(graceMilliseconds: Int = 1000) {
        for server in servers { server.stop(graceMilliseconds: graceMilliseconds) }
        access?.stop()
    }
}
