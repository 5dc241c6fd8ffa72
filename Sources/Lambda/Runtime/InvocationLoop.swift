import HTTPClient
import Observability
import Platform

/// Invocation after invocation, one at a time, as AWS Lambda hands them out.
struct InvocationLoop {
    /// Failures in a row, to get an invocation, after which the process ends and is started anew.
    static let failuresMax = 10

    let api: RuntimeAPI
    let function: FlowFunction
    let log: Log

    /// Returns when no invocation comes any more.
    func run() {
        var failures = 0
        while failures < InvocationLoop.failuresMax {
            let invocation: Invocation
            do throws(HTTPError) { invocation = try api.next() } catch {
                failures += 1
                log.error("lambda.next", "cannot get an invocation: \(error)")
                waitMilliseconds(Int64(20 * failures))
                continue
            }
            failures = 0
            answer(invocation)
        }
    }

    private func answer(_ invocation: Invocation) {
        let start = ContinuousClock.now
        let limit = invocation.remaining(.now) ?? function.settings.deadlineMilliseconds
        let outcome = invocation.event.withBytes { function.answer($0, limitMilliseconds: limit) }
        let answer = outcome.answer.bytes(function.settings.shape)
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        do throws(HTTPError) { try api.respond(invocation, answer) } catch {
            log.error("lambda.response", "an answer was not taken: \(error)", ["requestId": .text(invocation.requestID)])
            do throws(HTTPError) { try api.fail(invocation, "the answer was not taken") } catch {
                log.error(
                    "lambda.error", "the invocation cannot be ended: \(error)", ["requestId": .text(invocation.requestID)])
            }
        }
        function.tell(outcome, requestID: invocation.requestID, trace: invocation.trace, milliseconds: milliseconds)
    }
}
