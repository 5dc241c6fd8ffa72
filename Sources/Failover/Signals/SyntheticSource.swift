import FailoverCore
import HTTPClient
import JSON
import Platform

/// Asks a system that calls the contact center what it heard: a GET of a URL, over HTTPS whose certificate is verified, with a bearer token out of a file.
///
/// The answer, 64 KiB at most:
///
///     {"regions": [{"region": "us-east-1", "state": "healthy", "at": "2026-11-30T18:04:00Z", "callsTried": 3, "callsAnswered": 3}]}
///
/// `state` is `healthy`, `unhealthy` or `unknown`; `at` is when it last called. That it does not answer says nothing of a Region.
package final class SyntheticSource: SignalSource {
    static let paceMilliseconds: Int64 = 10_000
    private static let bytesMax = 64 << 10
    private static let tokenBytesMax = 16 << 10

    package let name: String
    private let http: HTTPClient
    private let url: HTTPURL
    private let tokenFile: String?
    private let regions: [String]
    private let ageMax: Int64
    private let counts: RequestCounts
    private let wall: @Sendable () -> Int64

    /// `tokenFile` is read at each look, so that a token that is renewed there is used. `ageMax`: calls that are older say nothing. `wall`: milliseconds since 1970.
    package init(
        _ http: HTTPClient, _ url: HTTPURL, tokenFile: String?, regions: [String], ageMax: Int64, counts: RequestCounts,
        wall: @escaping @Sendable () -> Int64 = { Timestamp.now.milliseconds }
    ) {
        name = "synthetic/\(url.host)"
        self.http = http
        self.url = url
        self.tokenFile = tokenFile
        self.regions = regions
        self.ageMax = ageMax
        self.counts = counts
        self.wall = wall
    }

    package func look(now: Int64) -> SignalLook {
        let signals =
            switch reports() {
            case .success(let reports):
                regions.map { region in
                    let report = reports.filter { $0.region == region }.max { $0.at < $1.at }
                    return signal(region, report, "its report does not name the Region", now)
                }
            case .failure(let trouble): regions.map { signal($0, nil, trouble.description, now) }
            }
        return SignalLook(signals, nextAt: now + SyntheticSource.paceMilliseconds)
    }

    private func signal(_ region: String, _ report: SyntheticCalls?, _ why: String, _ now: Int64) -> Signal {
        SyntheticCalls.signal(
            of: region, report, why: why, host: url.host, ageMax: ageMax, asked: now, wall: wall())
    }

    private struct Trouble: Error { var description: String }

    private func reports() -> Result<[SyntheticCalls], Trouble> {
        let limit = Duration.seconds(5)
        var request = HTTPRequest(
            .get, url, headers: [HTTPHeader("Accept", "application/json"), HTTPHeader("User-Agent", "converge")],
            timeouts: HTTPTimeouts(connect: .seconds(3), firstByte: limit, idle: limit, total: limit))
        if let tokenFile {
            do {
                let bytes = try readFile(tokenFile, bytesMax: SyntheticSource.tokenBytesMax)
                let token = String(decoding: bytes, as: UTF8.self).split { $0.isWhitespace }
                guard token.count == 1 else { return .failure(Trouble(description: "\(tokenFile) does not hold one token")) }
                request.setHeader("Authorization", "Bearer \(token[0])")
            } catch {
                return .failure(Trouble(description: "\(error)"))
            }
        }
        counts.count("synthetic", url.host)
        let response: HTTPResponse
        do throws(HTTPError) { response = try http.perform(request) } catch {
            return .failure(Trouble(description: "\(error)"))
        }
        guard response.status == 200 else { return .failure(Trouble(description: "it answered with HTTP \(response.status)")) }
        return response.body.withBytes { body in
            guard body.count <= SyntheticSource.bytesMax else {
                return .failure(Trouble(description: "its report is too long"))
            }
            guard let reports = SyntheticSource.read(body) else {
                return .failure(Trouble(description: "its report is not of the documented form"))
            }
            return .success(reports)
        }
    }

    /// Nil of anything that is not of the documented form.
    static func read(_ body: ByteView) -> [SyntheticCalls]? {
        let parser = JSONParser()
        return withExtendedLifetime(parser) {
            guard let root = try? parser.parse(body).root, let list = root.member("regions"), list.isArray else { return nil }
            var reports: [SyntheticCalls] = []
            for value in list.elements {
                guard let region = value.text("region"), let state = value.text("state").flatMap(SignalState.init(rawValue:)),
                    let at = value.text("at").flatMap({ Timestamp($0) }), let tried = value.member("callsTried")?.integer,
                    let answered = value.member("callsAnswered")?.integer
                else { return nil }
                reports.append(
                    SyntheticCalls(
                        region: region, state: state, at: at.milliseconds, tried: Int(tried), answered: Int(answered)))
            }
            return reports
        }
    }
}
