import Foundation
import Servers
import Synchronization
import TestSupport
import Testing

@testable import AWS
@testable import HTTPClient
@testable import Platform

/// The chain, against a server that stands in for STS, the container endpoint and instance metadata.
@Suite("credentials", .waiting(minutes: 5))
struct CredentialsTests {
    private let scratch: Scratch
    private let base: String
    private let http: HTTPClient

    init() throws {
        scratch = try Scratch()
        base = try LoopbackServer.shared.get().base
        http = try HTTPClient()
    }

    private func provider(
        config: String = "", credentials: String = "", _ variables: [String: String] = [:]
    ) throws -> CredentialsProvider {
        let environment = try scratch.environment(config: config, credentials: credentials, variables)
        return CredentialsProvider(environment, SharedConfiguration(environment), http)
    }

    private func error(_ provider: CredentialsProvider) -> String {
        do throws(CredentialsError) {
            return "none: \(try provider.current())"
        } catch {
            return error.description
        }
    }

    private static let keys = ["AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "hush"]

    @Test("credentials of the environment come first")
    func environment() throws {
        let provider = try provider(
            credentials: "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = hush",
            Self.keys.merging(["AWS_SESSION_TOKEN": "hush-token"]) { $1 })
        let credentials = try provider.current()
        #expect(credentials.accessKeyID == "AKIDENV" && credentials.sessionToken?.revealed == "hush-token")
        #expect(credentials.source == "environment" && credentials.expiration == nil)
    }

    @Test("after the environment come the keys of the profile in AWS_PROFILE, or of the default profile")
    func profile() throws {
        let file = """
            [default]
            aws_access_key_id = AKIDDEFAULT
            aws_secret_access_key = hush
            [other]
            aws_access_key_id = AKIDOTHER
            aws_secret_access_key = hush
            aws_session_token = hush-token
            """
        #expect(try provider(credentials: file).current().accessKeyID == "AKIDDEFAULT")
        let other = try provider(credentials: file, ["AWS_PROFILE": "other"]).current()
        #expect(other.accessKeyID == "AKIDOTHER" && other.sessionToken != nil && other.source == "profile other")
    }

    private var chain: String {
        """
        [profile app]
        role_arn = arn:aws:iam::1:role/app
        source_profile = middle
        role_session_name = session
        external_id = an id
        duration_seconds = 1800
        [profile middle]
        role_arn = arn:aws:iam::1:role/middle
        source_profile = base
        role_session_name = m
        [profile base]
        aws_access_key_id = AKIDBASE
        aws_secret_access_key = hush
        [profile itself]
        role_arn = arn:aws:iam::1:role/itself
        source_profile = itself
        role_session_name = s
        aws_access_key_id = AKIDITSELF
        aws_secret_access_key = hush
        [profile round]
        role_arn = arn:aws:iam::1:role/r
        source_profile = about
        [profile about]
        role_arn = arn:aws:iam::1:role/a
        source_profile = round
        [profile forbidden]
        role_arn = arn:aws:iam::1:role/forbidden
        source_profile = base
        [profile nobody]
        role_arn = arn:aws:iam::1:role/x
        [profile missing]
        role_arn = arn:aws:iam::1:role/x
        source_profile = nowhere
        [profile fromenv]
        role_arn = arn:aws:iam::1:role/fromenv
        credential_source = Environment
        [profile device]
        role_arn = arn:aws:iam::1:role/x
        source_profile = base
        mfa_serial = arn:aws:iam::1:mfa/u
        [profile person]
        sso_session = s
        [profile halfway]
        aws_access_key_id = AKIDHALF
        """
    }

    private func role(_ profile: String, _ more: [String: String] = [:]) throws -> CredentialsProvider {
        let variables = ["AWS_PROFILE": profile, "AWS_ENDPOINT_URL_STS": base + "/sts", "AWS_REGION": "eu-west-1"]
        return try provider(config: chain, variables.merging(more) { $1 })
    }

    @Test("a chain of source_profile is followed, and each role is assumed with the credentials of the previous one")
    func roleChain() throws {
        let credentials = try role("app").current()
        #expect(credentials.accessKeyID == "AKIDBASE-as-middle-as-app")
        #expect(credentials.secretAccessKey.revealed == "hush&hush")
        #expect(credentials.sessionToken?.revealed == "session,an id,1800")
        #expect(credentials.expiration != nil && credentials.source == "profile app")
    }

    @Test("a profile with keys may be its own source_profile")
    func ownSource() throws {
        #expect(try role("itself").current().accessKeyID == "AKIDITSELF-as-itself")
    }

    @Test("a role may be assumed with the environment's credentials, even if the profile has keys")
    func credentialSource() throws {
        // The environment's keys come first in the chain, so the source is asked by itself.
        let environment = try scratch.environment(
            config: chain,
            Self.keys.merging(
                ["AWS_PROFILE": "fromenv", "AWS_ENDPOINT_URL_STS": base + "/sts", "AWS_REGION": "eu-west-1"]) { $1 })
        let context = CredentialsContext(
            environment: environment, configuration: SharedConfiguration(environment), http: http)
        #expect(try ProfileCredentials(context: context).load()?.accessKeyID == "AKIDENV-as-fromenv")
    }

    @Test(
        "the error for an invalid profile says what is wrong",
        arguments: [
            ("round", "circular"), ("missing", "nowhere does not exist"), ("nobody", "requires source_profile"),
            ("halfway", "without aws_secret_access_key"), ("unheard-of", "no such profile"),
            ("device", "mfa_serial"), ("person", "export-credentials --profile person"),
            ("forbidden", "allow sts:AssumeRole on arn:aws:iam::1:role/forbidden to arn:aws:iam::1:user/u"),
        ])
    func wrongProfiles(profile: String, reason: String) throws {
        let text = try error(role(profile))
        #expect(text.contains(reason) && text.contains("from profile "), "\(text)")
        #expect(!text.contains("hush"))
    }

    private func process(_ command: String) throws -> CredentialsProvider {
        try provider(config: "[default]\ncredential_process = \(command)")
    }

    @Test("a credential process provides the credentials that it prints")
    func credentialProcess() throws {
        let json =
            #"{"Version": 1, "AccessKeyId": "AKIDPROC", "SecretAccessKey": "hu\u0073h", "SessionToken": "t", "#
            + #""Expiration": "2999-01-01T00:00:00Z"}"#
        let script = try scratch.file("print.sh", "cat <<'X'\n\(json)\nX\n")
        let credentials = try process("sh \(script) with 'an argument'").current()
        #expect(credentials.accessKeyID == "AKIDPROC" && credentials.secretAccessKey.revealed == "hush")
        #expect(credentials.expiration == Timestamp("2999-01-01T00:00:00Z"))
    }

    @Test(
        "the error for a failed credential process does not contain its output",
        arguments: [
            ("echo hush; exit 3", "exit code 3"), ("kill -9 $$", "signal 9"),
            ("echo hush", "did not print a JSON object with Version 1"),
            (#"echo '{"Version": 2, "SecretAccessKey": "hush"}'"#, "Version 1"),
            (#"echo '{"Version": 1, "SecretAccessKey": "hush"}'"#, "lacks AccessKeyId"),
            ("yes hush", "65536"), ("/nonexistent/hush", "exit code 127"),
        ])
    func brokenProcess(command: String, reason: String) throws {
        let text = try error(process(command))
        #expect(text.contains(reason), "\(text)")
        #expect(!text.contains("hush"))
    }

    @Test("a web identity token is read from its file and exchanged without a signature")
    func webIdentity() throws {
        let variables = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": try scratch.file("token", "a web token"),
            "AWS_ROLE_ARN": "arn:aws:iam::1:role/pod", "AWS_ROLE_SESSION_NAME": "pod-1", "AWS_ENDPOINT_URL": base + "/sts",
        ]
        let credentials = try provider(variables).current()
        #expect(credentials.accessKeyID == "nobody-as-pod" && credentials.source == "web identity")
        #expect(credentials.sessionToken?.revealed.hasPrefix("pod-1,") == true)
        var gone = variables
        gone["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/nonexistent"
        #expect(try error(provider(gone)).contains("/nonexistent"))
    }

    private func container(_ key: String, seconds: Int, token: String = "pod token") throws -> CredentialsProvider {
        try provider([
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(base)/container/\(key)/\(seconds)",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": try scratch.file("pod-token", token),
        ])
    }

    @Test("the request to a container endpoint contains the token from its file")
    func container() throws {
        let credentials = try container("plain", seconds: 3600).current()
        #expect(credentials.accessKeyID == "AKID1" && credentials.source == "container endpoint")
        #expect(credentials.sessionToken?.revealed == "hush-token")
    }

    @Test("expired credentials are fetched again, and valid ones are kept")
    func expiry() throws {
        let lasting = try container("lasting", seconds: 3600)
        for _ in 0..<5 { #expect(try lasting.current().accessKeyID == "AKID1") }
        let spent = try container("spent", seconds: -1)
        #expect(try spent.current().accessKeyID == "AKID1")
        #expect(try spent.current().accessKeyID == "AKID2")
    }

    @Test("credentials that expire soon are renewed while they are in use")
    func backgroundRenewal() throws {
        let clock = Mutex(Timestamp.now)
        let source = CountedCredentials(life: 3600_000)
        let provider = CredentialsProvider([source], clock: { clock.withLock { $0 } })
        #expect(try provider.current().accessKeyID == "AKID1")
        clock.withLock { $0.milliseconds += 3000_000 }
        // The one at hand is used; another is on its way.
        #expect(try provider.current().accessKeyID == "AKID1")
        source.fetched.wait()
        var latest = ""
        repeat { latest = try provider.current().accessKeyID } while latest == "AKID1"
        #expect(latest == "AKID2")
    }

    @Test("many concurrent requests cause one fetch")
    func oneFetch() throws {
        let provider = try container("once", seconds: 3600)
        let tally = Mutex(0)
        let all = Awaited<Bool>()
        for _ in 0..<100 {
            provider.withCurrent { result in
                #expect((try? result.get().accessKeyID) == "AKID1")
                if tally.withLock({
                    $0 += 1; return $0
                }) == 100 {
                    all.bring(true)
                }
            }
        }
        #expect(all.wait())
        #expect(try http.perform(HTTPRequest(.get, LoopbackServer.url("/count/once"))).body.text == #"{"count": 1}"#)
    }

    @Test("the error for a container endpoint that refuses does not contain its response")
    func refusedContainer() throws {
        let text = try error(container("refused", seconds: 1, token: "wrong"))
        #expect(text.contains("responded with 403") && !text.contains("hush"), "\(text)")
        #expect(try error(container("broken", seconds: 1, token: "two\nlines")).contains("line break"))
    }

    @Test(
        "a container endpoint on another host is used only over https",
        arguments: [("http://example.com/", true), ("http://127.0.0.1.example.com/", true), ("http://169.254.169.254/", true)])
    func strangeContainer(url: String, isRefused: Bool) throws {
        #expect(try error(provider(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url])).contains("use https") == isRefused)
        for host in ["127.0.0.1", "127.9.9.9", "169.254.170.23", "[fd00:ec2::23]", "localhost"] {
            #expect(ContainerCredentials.isTrusted(host))
        }
    }

    @Test("the instance's role is requested with version 2 of the metadata service")
    func instance() throws {
        let variables = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": base, "AWS_EC2_METADATA_DISABLED": "false"]
        let credentials = try provider(variables).current()
        #expect(credentials.accessKeyID == "AKIDINSTANCE" && credentials.source == "instance metadata")
        let session = try AWSSession(scratch.environment(variables))
        #expect(try session.region() == "eu-north-1")
    }

    @Test("credentials that an instance cannot renew stay in use")
    func staleInstance() throws {
        let credentials = try provider([
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": base + "/stale", "AWS_EC2_METADATA_DISABLED": "false",
        ]).current()
        #expect(credentials.accessKeyID == "AKIDSTALE")
        #expect(try #require(credentials.expiration) > .now)
    }

    @Test("after keys are reported as expired, a replaced credentials file is read again, also for the source of a role")
    func rotated() throws {
        func text(_ id: String) -> String { "[default]\naws_access_key_id = \(id)\naws_secret_access_key = hush" }
        let provider = try provider(credentials: text("AKIDOLD"))
        let old = try provider.current()
        _ = try scratch.file("credentials", text("AKIDNEW"))
        #expect(try provider.current() == old)
        provider.invalidate(old)
        #expect(try provider.current().accessKeyID == "AKIDNEW")
    }

    @Test("without any credentials the error says what to set")
    func nothing() throws {
        // Whatever answers at the instance's address, as a proxy does.
        let strange = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": base + "/nothing", "AWS_EC2_METADATA_DISABLED": "false"]
        let text = try error(provider(strange))
        #expect(text.contains("set AWS_ACCESS_KEY_ID") && text.contains("responded with 404"), "\(text)")
        #expect(try error(provider()).contains("set AWS_ACCESS_KEY_ID"))
        let off = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1", "AWS_EC2_METADATA_DISABLED": "false"]
        #expect(try error(provider(off)).contains("set AWS_ACCESS_KEY_ID"))
    }
}

/// Numbered credentials that tell when the second ones are fetched.
private final class CountedCredentials: CredentialsSource {
    let fetched = DispatchSemaphore(value: 0)
    private let life: Int64
    private let count = Mutex(0)

    init(life: Int64) { self.life = life }

    func load() -> AWSCredentials? {
        let number = count.withLock { count in
            count += 1
            return count
        }
        if number == 2 { fetched.signal() }
        return AWSCredentials(
            accessKeyID: "AKID\(number)", secretAccessKey: Secret("hush"),
            expiration: Timestamp(milliseconds: Timestamp.now.milliseconds + Int64(number) * life))
    }
}
