import API
import HTTPServer
import Observability
import Platform
import Tokens

/// Who may do what over HTTP: tokens with their issuers' keys, rates, and the trail of what was read.
final class APIAccess: Sendable {
    /// How often it is looked whether keys are due.
    private static let paceMilliseconds: Int64 = 5_000

    private let gate: TokenGate
    private let denials = Denials()
    private let rates: [HTTPRouteClass: RateLimit]
    private let log: Log
    private let rounds: Rounds

    init(_ tokens: TokenSettings, rates: [HTTPRouteClass: Int], _ log: Log) throws {
        let source = try KeySetSource(tokens.sources)
        let verifier = TokenVerifier(
            issuers: tokens.sources.map(\.issuer), leeway: Double(tokens.leewayMilliseconds) / 1000)
        let gate = TokenGate(verifier) { source.fetch($0) }
        self.gate = gate
        self.rates = rates.mapValues { RateLimit(quota: $0) }
        self.log = log
        rounds = Rounds(paceMilliseconds: APIAccess.paceMilliseconds, isAtOnce: true) {
            gate.refresh()
            for standing in gate.standings {
                guard let trouble = standing.trouble else { continue }
                log.warning(
                    "http.keys",
                    "the key set of an issuer could not be read: \(trouble)"
                        + (standing.age == nil
                            ? ". Its tokens are not accepted" : ". The keys that were read before go on serving"),
                    key: standing.issuer, ["issuer": .text(standing.issuer)])
            }
        }
    }

    /// Stands before all routes of the router.
    func guardRoutes(of router: inout HTTPRouter) {
        let authentication = Authentication(gate, denials: denials, log)
        let limiter = RateLimiter(rates, denials: denials)
        let share = StreamShare(denials: denials)
        let trail = AuditTrail(log, denials: denials)
        router.use { authentication.answer($0, $1, $2) }
        // Before the trail: who asks too often fills no log.
        router.use { limiter.answer($0, $1, $2) }
        router.use { share.answer($0, $1, $2) }
        router.use { trail.answer($0, $1, $2) }
    }

    /// Of a token that is taken.
    func claims(of token: String) throws(TokenFailure) -> TokenClaims { try gate.claims(of: token) }

    /// Whether tokens can be verified at all: of one issuer at least. Where several stand for Regions, one may be away.
    var check: HealthReport.Check {
        let standings = gate.standings
        let troubles = standings.filter { $0.age == nil }.map {
            "\($0.issuer): \($0.trouble ?? "its keys have not been read yet")"
        }
        return HealthReport.Check(
            "tokens.keys", isHealthy: troubles.count < standings.count, troubles.joined(separator: "; "))
    }

    func observe(_ metrics: Metrics) throws(MetricsError) {
        try metrics.observe(
            "converge_http_tokens_refused_total", "Access tokens that were not accepted, by reason.", labels: ["reason"]
        ) { [gate] in
            let refused = gate.refused
            return TokenFailure.allCases.map { MetricReading(Double(refused[$0] ?? 0), labels: [$0.rawValue]) }
        }
        try metrics.observe(
            "converge_http_requests_denied_total",
            "Requests with a good token that were refused: it has not the scope, an agent asked for what is not theirs, the rate, the streams at a time, or what is personal while the log cannot be written.",
            labels: ["reason"]
        ) { [denials] in Denials.Reason.allCases.map { MetricReading(Double(denials[$0]), labels: [$0.rawValue]) } }
        try metrics.observe(
            "converge_http_keys_age_seconds", "Time since an issuer's key set was last read.", labels: ["issuer"]
        ) { [gate] in
            gate.standings.compactMap { standing in
                standing.age.map { MetricReading(Double($0) * 0.001, labels: [standing.issuer]) }
            }
        }
    }

    /// False where the system has no thread left.
    func start() -> Bool { rounds.start() }

    func stop() { rounds.stop() }
}
