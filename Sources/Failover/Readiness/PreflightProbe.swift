import FailoverCore
import Platform

/// One question of a preflight, on a thread of its own: whatever becomes of it, the others go on.
struct PreflightProbe: Sendable {
    /// Begins. What it returns waits until a deadline of ``monotonicMilliseconds()``.
    let start: @Sendable () -> (@Sendable (Int64) -> [PreflightItem])

    /// `ask` waits for the network, within bounds of its own. What it throws is why nothing is known.
    init<Value: Sendable>(
        _ ask: @escaping @Sendable () throws -> Value,
        _ judge: @escaping @Sendable (PreflightItem.Heard<Value>) -> [PreflightItem]
    ) {
        start = {
            let answer = Awaited<PreflightItem.Heard<Value>>()
            let isStarted = SystemThread.detached {
                do { answer.bring(.known(try ask())) } catch { answer.bring(.unknown("\(error)")) }
            }
            if !isStarted { answer.bring(.unknown("the system has no thread left to ask with")) }
            return { deadline in judge(answer.wait(until: deadline) ?? .unknown("no answer in time")) }
        }
    }
}
