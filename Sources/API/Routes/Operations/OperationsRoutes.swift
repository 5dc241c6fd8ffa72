import HTTPServer
import Observability

extension HTTPRouter {
    /// `GET /metrics`, `/health/live` (shall this process go on, or be restarted?) and `/health/ready` (is what it says up to date?).
    /// The reports are asked for at each request, on the server's threads. Nobody is asked who they are: there is no state in it.
    public mutating func addOperations(
        metrics: Metrics, live: @escaping @Sendable () -> HealthReport, ready: @escaping @Sendable () -> HealthReport
    ) {
        add("GET", "/metrics", access: .open, limit: .operations) { _ in
            HTTPResponse(contentType: Metrics.contentType, body: metrics.text())
        }
        add("GET", "/health/live", access: .open, limit: .operations) { _ in live().response }
        add("GET", "/health/ready", access: .open, limit: .operations) { _ in ready().response }
    }
}

extension HealthReport {
    /// 200 or 503, with every check.
    fileprivate var response: HTTPResponse { .json(json, status: isHealthy ? 200 : 503) }
}
