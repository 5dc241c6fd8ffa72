import AWS
import FailoverCore
import HTTPClient
import Platform

/// Tells an HTTP server: POST of a ``NoticeEvent``, signed.
///
///     Content-Type: application/cloudevents+json
///     Idempotency-Key: 7-committed
///     Converge-Signature: t=1764500000,v1=5257a8..
///
/// `t` is the time of sending in seconds since 1970; each `v1` is, in hexadecimal, HMAC-SHA256 of `t`, a full stop and the body, under one secret. A file
/// holds the secrets, one a line, and is read each time: while two stand there, there are two signatures, and the receiver goes over to the new secret when
/// it likes. Only HTTPS with a certificate that is verified, but for this machine itself.
///
/// 2xx is an answer that it was taken. What will never be taken is given up at once: 3xx, as redirects are not followed, 400, 405, 410, 413, 415 and 422.
/// Anything else, and no answer, is tried again.
package struct Webhook: Tellable {
    package static let secretsMax = 2
    package static let secretBytesMin = 16
    static let timeouts = HTTPTimeouts(connect: .seconds(3), firstByte: .seconds(10), idle: .seconds(10), total: .seconds(15))
    private static let final: Set<Int> = [400, 405, 410, 413, 415, 422]

    package let name = "webhook"
    private let http: HTTPClient
    private let url: HTTPURL
    private let secretFile: String
    private let timeouts: HTTPTimeouts

    package init(_ http: HTTPClient, url: HTTPURL, secretFile: String, timeouts: HTTPTimeouts? = nil) {
        self.http = http
        self.url = url
        self.secretFile = secretFile
        self.timeouts = timeouts ?? Webhook.timeouts
    }

    package func send(_ message: NoticeEvent) -> NoticeQueue.Answer {
        do throws(FileError) {
            let secrets = try Webhook.secrets(ofFile: secretFile)
            let body = message.json
            let signature = Webhook.signature(of: body, at: Timestamp.now.milliseconds / 1000, secrets)
            var request = HTTPRequest(.post, url, body: body, timeouts: timeouts)
            request.headers = [
                HTTPHeader("Content-Type", NoticeEvent.contentType), HTTPHeader("User-Agent", "converge"),
                HTTPHeader("Idempotency-Key", message.key), HTTPHeader("Converge-Signature", signature),
            ]
            return answer(to: request)
        } catch {
            return .failed("\(error)")
        }
    }

    private func answer(to request: HTTPRequest) -> NoticeQueue.Answer {
        do throws(HTTPError) {
            let status = try http.perform(request).status
            if (200..<300).contains(status) { return .delivered }
            let said = "\(url) answered \(status)"
            if (300..<400).contains(status) { return .refused("\(said): redirects are not followed; give the address itself") }
            return Webhook.final.contains(status) ? .refused(said) : .failed(said)
        } catch {
            return .failed("\(error)")
        }
    }

    /// HEAD, which any server may answer as it likes, but for 5xx; and a look at the secrets.
    package func exercise() -> [String] {
        var problems: [String] = []
        do throws(FileError) { _ = try Webhook.secrets(ofFile: secretFile) } catch { problems.append("\(error)") }
        do throws(HTTPError) {
            let status = try http.perform(HTTPRequest(.head, url, timeouts: timeouts)).status
            if status >= 500 { problems.append("\(url) answered \(status) to HEAD") }
        } catch {
            problems.append("\(error)")
        }
        return problems
    }

    // MARK: Signing

    /// The value of the header. `seconds` since 1970.
    static func signature(of body: [UInt8], at seconds: Int64, _ secrets: [Secret]) -> String {
        var signed = ByteBuffer(capacity: body.count + 24)
        signed.append("\(seconds).")
        body.withUnsafeBytes { signed.append(ByteView($0)) }
        let tags = secrets.map { secret in
            secret.revealed.withBytes { key in
                HMACSHA256(key: key).tag(signed.bytes) { tag in
                    var text = ByteBuffer(capacity: 64)
                    text.appendHex(tag)
                    return text.bytes.text
                }
            }
        }
        return (["t=\(seconds)"] + tags.map { "v1=\($0)" }).joined(separator: ",")
    }

    /// One or two, a line each, the newest first; of ``secretBytesMin`` bytes at least.
    static func secrets(ofFile path: String) throws(FileError) -> [Secret] {
        let text = String(decoding: try readFile(path, bytesMax: 4096), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            Secret(String(line.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()))
        }.filter { !$0.revealed.isEmpty }
        guard (1...secretsMax).contains(lines.count) else {
            throw FileError(description: "\(printable(path)) has \(lines.count) lines: give one secret a line, two at most")
        }
        guard lines.allSatisfy({ $0.revealed.utf8.count >= secretBytesMin }) else {
            throw FileError(description: "\(printable(path)) has a secret of under \(secretBytesMin) bytes: give a longer one")
        }
        return lines
    }

    /// Why an address is not accepted; nil where it is.
    package static func problem(of url: String) -> String? {
        guard let url = HTTPURL(url) else { return "is not an http or https URL without a user name" }
        guard url.scheme == .https || isOwn(url.host) else {
            return "is not encrypted: give an https URL; http is accepted of this machine alone"
        }
        return nil
    }

    private static func isOwn(_ host: String) -> Bool { host == "localhost" || host == "[::1]" || host.hasPrefix("127.") }
}
