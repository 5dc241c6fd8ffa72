import HTTPClient
import Platform
import Tokens

/// Fetches issuers' key sets from where the configuration says: files, and `https` addresses, whose certificates are verified and whose redirects are not followed.
///
/// A fetch takes ``timeouts`` at most and ``KeySet/bytesMax`` bytes; when one is made is ``IssuerKeys``' matter.
struct KeySetSource: Sendable {
    private static let timeouts = HTTPTimeouts(
        connect: .milliseconds(1_500), firstByte: .milliseconds(2_500), idle: .milliseconds(1_500), total: .seconds(3))

    private let places: [String: TokenSettings.Keys]
    private let client: HTTPClient?

    init(_ sources: [TokenSettings.Source], _ environment: Environment = .process) throws {
        places = Dictionary(sources.map { ($0.issuer.name, $0.keys) }) { first, _ in first }
        var options = HTTPOptions(environment)
        options.bodyBytesMax = KeySet.bytesMax
        let isRemote = places.values.contains { if case .url = $0 { true } else { false } }
        client = isRemote ? try HTTPClient(options) : nil
    }

    /// Blocks.
    func fetch(_ issuer: TokenIssuer) -> Result<[UInt8], TokenGate.Problem> {
        switch places[issuer.name] {
        case .file(let path):
            do { return .success(try readFile(path, bytesMax: KeySet.bytesMax)) } catch { return .failure(.init("\(error)")) }
        case .url(let url):
            guard let client else { return .failure(.init("nobody fetches it")) }
            let request = HTTPRequest(
                .get, url, headers: [HTTPHeader("Accept", "application/json, application/jwk-set+json")],
                timeouts: KeySetSource.timeouts)
            do {
                let answer = try client.perform(request)
                guard answer.isSuccess else { return .failure(.init("\(url) answered with status \(answer.status)")) }
                return .success(answer.body.withBytes { Array($0) })
            } catch { return .failure(.init("\(error)")) }
        case nil: return .failure(.init("the configuration names no key set of this issuer"))
        }
    }
}
