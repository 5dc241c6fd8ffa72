import HTTPClient
import Observability
import Platform
import Synchronization
import Worker

/// Asks a worker for its metrics and its readiness.
final class TopProbe: Sendable {
    /// Why there is no sample.
    struct Away: Error, CustomStringConvertible {
        let description: String
    }

    typealias Answer = Result<WorkerSample, Away>
    private typealias Reply = Result<HTTPResponse, HTTPError>

    private struct State {
        var isAsking = false
        var metrics: Reply?
        var ready: Reply?
    }

    /// Without a slash at its end.
    let url: String
    private let client: HTTPClient
    private let metrics: HTTPURL
    private let ready: HTTPURL
    private let timeouts: HTTPTimeouts
    private let state = Mutex(State())

    init(url: String, intervalMilliseconds: Int64) throws {
        var base = url[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        guard let metrics = HTTPURL(base + "/metrics"), let ready = HTTPURL(base + "/health/ready"), metrics.query.isEmpty
        else {
            throw UsageError("--url: '\(url)' is not accepted; give http://HOST:PORT, such as \(HTTPSettings.defaultURL)")
        }
        self.url = String(base)
        (self.metrics, self.ready) = (metrics, ready)
        let limit = Duration.milliseconds(min(max(2 * intervalMilliseconds, 2_000), 10_000))
        timeouts = HTTPTimeouts(connect: limit, firstByte: limit, idle: limit, total: limit)
        var options = HTTPOptions()
        options.bodyBytesMax = 16 << 20
        client = try HTTPClient(options)
    }

    /// Asks and waits.
    func sample() throws(Away) -> WorkerSample {
        func reply(_ url: HTTPURL) -> Reply {
            do throws(HTTPError) { return .success(try client.perform(request(url))) } catch { return .failure(error) }
        }
        return try sample(reply(metrics), reply(ready))
    }

    /// Sends both requests and does not wait; false where those before are under way still.
    func ask() -> Bool {
        let isFirst = state.withLock { state in
            if state.isAsking { return false }
            state = State(isAsking: true)
            return true
        }
        guard isFirst else { return false }
        client.submit(request(metrics)) { result in self.state.withLock { $0.metrics = result } }
        client.submit(request(ready)) { result in self.state.withLock { $0.ready = result } }
        return true
    }

    private func request(_ url: HTTPURL) -> HTTPRequest {
        var request = HTTPRequest(.get, url, timeouts: timeouts)
        request.bypassesProxy = true
        return request
    }

    /// What came of ``ask()``, once; nil until both answers are there.
    func answer() -> Answer? {
        let replies: (metrics: Reply, ready: Reply)? = state.withLock { state in
            guard let metrics = state.metrics, let ready = state.ready else { return nil }
            state = State()
            return (metrics, ready)
        }
        guard let replies else { return nil }
        do throws(Away) { return .success(try sample(replies.metrics, replies.ready)) } catch { return .failure(error) }
    }

    private func sample(_ metrics: Reply, _ ready: Reply) throws(Away) -> WorkerSample {
        let scrape: HTTPResponse
        do throws(HTTPError) { scrape = try metrics.get() } catch {
            throw Away(
                description:
                    "no response from \(url) (\(error.reason)); check that 'converge run' is running with this http.address and "
                    + "http.port, or give the address of another worker with --url URL")
        }
        guard scrape.status == 200 else {
            throw Away(
                description:
                    "\(url)/metrics responds with status \(scrape.status): this is not a worker; give a worker's address with --url URL"
            )
        }
        let health = (try? ready.get()).flatMap { $0.body.withBytes { HealthReport(json: $0) } }
        do throws(PrometheusTextError) {
            let text = try PrometheusText(scrape.body.text)
            if let sample = WorkerSample(text, ready: health, milliseconds: monotonicMilliseconds()) { return sample }
        } catch {
            throw Away(description: "\(url)/metrics cannot be parsed: \(error); give a worker's address with --url URL")
        }
        throw Away(description: "\(url)/metrics contains no metrics of converge; give a worker's address with --url URL")
    }
}
