import HTTPClient
import Platform
import Synchronization

/// The credentials in use: found once along the standard chain, renewed in the background before they expire.
///
/// The chain: environment; profile of the shared files (keys, `credential_process`, web identity, roles by way of
/// `source_profile` and `credential_source`); web identity of the environment (EKS); container endpoint (ECS, EKS Pod Identity);
/// EC2 instance metadata, version 2. The first source that is configured decides: where it fails, that is the error.
///
/// Asking costs a lock. While credentials are being fetched for the first time, at most ``waitersMax`` askers wait.
public final class CredentialsProvider: Sendable {
    public static let waitersMax = 8192

    typealias Waiter = @Sendable (Result<AWSCredentials, CredentialsError>) -> Void

    private struct State {
        var cache = CredentialsCache()
        var waiters: [Waiter] = []
        /// The one that had some; asked alone from then on.
        var chosen: (any CredentialsSource)?
    }

    private let sources: [any CredentialsSource]
    private let clock: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(_ sources: [any CredentialsSource], clock: @escaping @Sendable () -> Timestamp = { .now }) {
        self.sources = sources
        self.clock = clock
    }

    /// Always these.
    public convenience init(_ credentials: AWSCredentials) { self.init([FixedCredentials(credentials: credentials)]) }

    /// The standard chain.
    public convenience init(_ environment: Environment, _ configuration: SharedConfiguration, _ http: HTTPClient) {
        let context = CredentialsContext(environment: environment, configuration: configuration, http: http)
        self.init([
            EnvironmentCredentials(environment: environment), ProfileCredentials(context: context),
            WebIdentityCredentials(context: context), ContainerCredentials(context: context),
            InstanceCredentials(metadata: InstanceMetadata(environment, http)),
        ])
    }

    /// The credentials, waiting for them where they have to be fetched. Not on a callback's thread.
    public func current() throws(CredentialsError) -> AWSCredentials {
        let answer = Awaited<Result<AWSCredentials, CredentialsError>>()
        withCurrent { answer.bring($0) }
        return try answer.wait().get()
    }

    /// Calls `body` with the credentials: before this returns where they are at hand, else on the thread that fetches them.
    func withCurrent(_ body: @escaping Waiter) {
        let now = clock()
        let (advice, isFull) = state.withLock { state in
            let isFull = state.waiters.count >= CredentialsProvider.waitersMax
            let advice = state.cache.ask(now)
            if case .wait = advice, !isFull { state.waiters.append(body) }
            return (advice, isFull)
        }
        switch advice {
        case .use(let credentials): body(.success(credentials))
        case .useAndRefresh(let credentials):
            startRefresh()
            body(.success(credentials))
        case .wait(let isTurn):
            if isTurn { startRefresh() }
            if isFull {
                body(
                    .failure(
                        CredentialsError(
                            "the chain", "\(CredentialsProvider.waitersMax) requests are already waiting for them; retry later")
                    ))
            }
        }
    }

    /// A service says these have expired: the next asker waits for others.
    func invalidate(_ credentials: AWSCredentials) { state.withLock { $0.cache.invalidate(credentials) } }

    private func startRefresh() {
        if !SystemThread.detached({ self.refresh() }) {
            finish(.failure(CredentialsError("the chain", "cannot start a thread to fetch them")))
        }
    }

    private func refresh() {
        do throws(CredentialsError) {
            finish(.success(try load()))
        } catch {
            finish(.failure(error))
        }
    }

    private func finish(_ result: Result<AWSCredentials, CredentialsError>) {
        let now = clock()
        let waiters = state.withLock { state in
            switch result {
            case .success(let credentials): state.cache.refreshed(credentials, now)
            case .failure: state.cache.refreshFailed(now)
            }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter(result) }
    }

    private func load() throws(CredentialsError) -> AWSCredentials {
        let chosen = state.withLock { $0.chosen }
        var note = ""
        for source in chosen.map({ [$0] }) ?? sources {
            do throws(CredentialsError) {
                guard let credentials = try source.load() else { continue }
                state.withLock { $0.chosen = source }
                return credentials
            } catch {
                // Nothing says that there is an instance: whatever answers at its address is no reason to name that alone.
                guard chosen == nil, source is InstanceCredentials else { throw error }
                note = " (instance metadata: \(error.reason))"
            }
        }
        guard chosen == nil else {
            throw CredentialsError("the previous source", "it does not respond, or is no longer configured")
        }
        throw CredentialsError(
            "the standard chain",
            "none found in the environment, the shared files, a web identity, a container endpoint or instance metadata\(note); "
                + "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or give the task, pod or instance a role")
    }
}

/// What never changes.
struct FixedCredentials: CredentialsSource {
    let credentials: AWSCredentials
    func load() -> AWSCredentials? { credentials }
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
struct EnvironmentCredentials: CredentialsSource {
    static let name = "environment"

    let environment: Environment

    func load() throws(CredentialsError) -> AWSCredentials? {
        guard let id = environment["AWS_ACCESS_KEY_ID"] else { return nil }
        guard let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
            throw CredentialsError(Self.name, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not")
        }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: environment["AWS_SESSION_TOKEN"].map { Secret($0) },
            source: Self.name)
    }
}
