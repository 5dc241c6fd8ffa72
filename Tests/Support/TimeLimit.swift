import Testing

/// How long each test of a suite may take, from when it has a thread.
///
/// Testing's own `timeLimit` counts from before that and cannot end what does not suspend. This one ends the run with the name of
/// the test: a test that hangs is told, not waited for. The innermost counts. `CONVERGE_TEST_LIMIT` in the environment, in seconds,
/// takes the place of all that are longer.
public struct TimeLimit: SuiteTrait, TestTrait, TestScoping {
    var seconds: Double
    /// Whether it waits for others most of its time, so that it must not take a core from those that compute.
    var waits: Bool

    public var isRecursive: Bool { true }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil, let innermost = test.traits.last(where: { $0 is TimeLimit }) as? TimeLimit, innermost == self
        else { return try await body() }
        if waits {
            try await withTaskExecutorPreference(Threads.waiting) { try await watched(test, body) }
        } else {
            try await watched(test, body)
        }
    }

    private func watched(_ test: Test, _ body: @Sendable () async throws -> Void) async throws {
        let watch = Watchdog.shared.start(test.displayName ?? test.name, "\(test.sourceLocation)", seconds: seconds)
        defer { Watchdog.shared.stop(watch) }
        try await body()
    }
}

extension TimeLimit: Equatable {}

extension Trait where Self == TimeLimit {
    /// Five minutes, for tests that compute: a core each.
    public static var limited: TimeLimit { TimeLimit(seconds: 300, waits: false) }

    public static func limited(minutes: Double) -> TimeLimit { TimeLimit(seconds: minutes * 60, waits: false) }

    /// For tests that wait for servers, brokers or other programs: on threads of their own, several at a time.
    public static func waiting(minutes: Double) -> TimeLimit { TimeLimit(seconds: minutes * 60, waits: true) }
}
