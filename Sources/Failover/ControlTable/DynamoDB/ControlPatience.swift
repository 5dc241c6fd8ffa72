import HTTPClient

/// How long the control table in DynamoDB is waited for.
package struct ControlPatience: Sendable {
    /// Of one attempt at one endpoint. A write is answered once a second Region has it, some tens of milliseconds away.
    package var attemptMilliseconds: Int64
    /// Of a step at all of them: three attempts that nobody answers, and some time to spare.
    package var stepMilliseconds: Int64

    package init(attemptMilliseconds: Int64 = 1_200, stepMilliseconds: Int64 = 4_000) {
        self.attemptMilliseconds = attemptMilliseconds
        self.stepMilliseconds = stepMilliseconds
    }

    /// Of the clients' requests.
    package var timeouts: HTTPTimeouts {
        let attempt = Duration.milliseconds(attemptMilliseconds)
        return HTTPTimeouts(connect: attempt * 2 / 3, firstByte: attempt, idle: attempt, total: attempt)
    }
}
