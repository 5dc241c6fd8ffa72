import ContactCenter
import EngineCore
import Observability
import Platform
import Synchronization
import Writing

/// Answers the invocations of contact flows. Whatever happens there is an answer, in time, with the same keys.
///
/// What an invocation takes is done on a thread of its own, and who waits for it waits until the deadline and no longer: a table that does not
/// answer, credentials that do not come and a dictionary that is to be fetched first all end there. At most ``hangingMax`` threads may hang so;
/// while they do, further invocations are answered at once.
final class FlowFunction: Sendable {
    static let hangingMax = 4

    let settings: LambdaSettings
    private let reading: any FlowReading
    private let writing: (any FlowWriting)?
    private let acceptor: Acceptor?
    private let log: Log
    private let clock: @Sendable () -> Timestamp
    private let hanging = Atomic<Int>(0)

    private final class Acceptor: Sendable {
        private struct State {
            var events: EventAcceptor
            var recent = RecentSaves()
        }

        private let state: Mutex<State>

        init(region: String, _ keys: EventKeys) {
            // What it would remember are ids, and those come again when a contact comes to a place again.
            state = Mutex(State(events: EventAcceptor(region: region, keys: keys, isForgetful: true)))
        }

        /// The event as it goes into the stream.
        func accept(_ save: FlowSave, at time: Timestamp) throws(EventRefusal) -> AcceptedEvent {
            let now = monotonicMilliseconds()
            return try state.withLock { state throws(EventRefusal) in
                if let recent = state.recent.find(save, now: now) { return recent }
                let event = try state.events.accept(save.event, now: time) { _, _ in nil }
                state.recent.keep(event, of: save, now: now)
                return event
            }
        }
    }

    /// `writing` nil: nothing can be saved.
    init(
        _ settings: LambdaSettings, reading: any FlowReading, writing: (any FlowWriting)?, _ log: Log,
        clock: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        (self.settings, self.reading, self.writing, self.log, self.clock) = (settings, reading, writing, log, clock)
        acceptor = settings.writing.map { Acceptor(region: settings.region, $0.keys) }
    }

    /// What an invocation came to.
    struct Outcome: Sendable {
        var answer: FlowAnswer
        /// Of the tables or the stream, in milliseconds; and how many reads in how many rounds.
        var outsideMilliseconds = 0.0
        var reads = 0
        var rounds = 0
        /// What went wrong, for operators.
        var trouble: String?
    }

    /// The answer to an event, after `limitMilliseconds` at the latest, or the settings' deadline if that is less.
    func answer(_ event: ByteView, limitMilliseconds: Int64) -> Outcome {
        let limit = min(limitMilliseconds, settings.deadlineMilliseconds)
        let request: FlowRequest
        do throws(FlowRequest.Flaw) { request = try FlowRequest(event) } catch {
            return nothing(error == .tooLarge ? .tooLarge : .malformed)
        }
        guard limit > 0 else { return nothing(.timeOut) }
        guard hanging.add(1, ordering: .relaxed).newValue <= FlowFunction.hangingMax else {
            hanging.subtract(1, ordering: .relaxed)
            return nothing(.busy)
        }
        let deadline = ContinuousClock.now + .milliseconds(limit)
        let end = monotonicMilliseconds() + limit
        let outcome = Awaited<Outcome>()
        let isStarted = SystemThread.detached {
            outcome.bring(request.isSave ? self.save(request, until: deadline) : self.look(request, until: deadline))
            self.hanging.subtract(1, ordering: .relaxed)
        }
        guard isStarted else {
            hanging.subtract(1, ordering: .relaxed)
            return nothing(.busy)
        }
        return outcome.wait(until: end) ?? nothing(.timeOut)
    }

    private func nothing(_ reason: FlowAnswer.Reason, _ trouble: String? = nil) -> Outcome {
        Outcome(answer: FlowAnswer(variables: settings.variables, reason), trouble: trouble)
    }

    // MARK: Asking

    private func look(_ request: FlowRequest, until deadline: ContinuousClock.Instant) -> Outcome {
        let start: FlowLookup.Start
        switch request.subject {
        case nil: return nothing(.nobodyNamed)
        case .customer(let id): start = .customer(id)
        case .contact(let id): start = .contact(id)
        case .alias(let type, let identity):
            guard let key = settings.aliases else { return nothing(.noAliasKey) }
            guard let id = key.id(type, identity) else { return nothing(.noIdentity) }
            start = .alias(id)
        }
        var lookup = FlowLookup(start, asking: request.contactID)
        var outcome = nothing(.notKnown)
        while case let reads = lookup.nextReads(), !reads.isEmpty {
            // An id that no row can have is nobody's.
            guard reads.allSatisfy({ (1...EntityKind.idLengthMax).contains($0.id.utf8.count) }) else { return outcome }
            outcome.rounds += 1
            outcome.reads += reads.count
            let before = ContinuousClock.now
            var failure: StoreError?
            do throws(StoreError) { try reading.read(reads, until: deadline) { lookup.take($0, $1) } } catch { failure = error }
            outcome.outsideMilliseconds += (ContinuousClock.now - before) / .milliseconds(1)
            if let failure {
                outcome.answer = FlowAnswer(
                    variables: settings.variables, ContinuousClock.now < deadline ? .table : .timeOut)
                outcome.trouble = failure.message
                return outcome
            }
        }
        guard let context = lookup.context else { return outcome }
        let asked = ContextAsked(channel: request.channel, identification: request.identification, now: clock())
        outcome.answer = FlowAnswer(
            context, asked, region: settings.region, variables: settings.variables, isWhole: settings.shape == .json)
        return outcome
    }

    // MARK: Telling

    private func save(_ request: FlowRequest, until deadline: ContinuousClock.Instant) -> Outcome {
        guard let writing, let acceptor else { return nothing(.cannotSave) }
        guard let save = FlowSave(request) else { return nothing(.nothingToSave) }
        let event: AcceptedEvent
        do throws(EventRefusal) { event = try acceptor.accept(save, at: clock()) } catch {
            return nothing(.nothingToSave, "\(error)")
        }
        var outcome = nothing(.stream)
        let before = ContinuousClock.now
        do throws(EventSinkError) {
            try writing.put(event.bytes, key: "\(event.kind.name)#\(event.subject)", until: deadline)
            outcome.answer = FlowAnswer(variables: settings.variables)
            outcome.answer.set("saved", is: true)
        } catch {
            outcome.trouble = error.description
        }
        outcome.outsideMilliseconds = (ContinuousClock.now - before) / .milliseconds(1)
        return outcome
    }

    // MARK: Telling operators

    /// A line for each invocation, without anything of a person.
    func tell(_ outcome: Outcome, requestID: String, trace: String?, milliseconds: Double) {
        log.info(
            "flow.answered", "an invocation is answered",
            [
                "requestId": .text(requestID), "found": .text(outcome.answer["found"]), "saved": .text(outcome.answer["saved"]),
                "reason": .text(outcome.answer["reason"]), "milliseconds": .number(FlowFunction.rounded(milliseconds)),
                "outsideMilliseconds": .number(FlowFunction.rounded(outcome.outsideMilliseconds)),
                "reads": .integer(outcome.reads), "rounds": .integer(outcome.rounds), "trace": .text(trace ?? ""),
            ])
        if let trouble = outcome.trouble { log.error("flow.trouble", "\(trouble)", ["requestId": .text(requestID)]) }
    }

    private static func rounded(_ milliseconds: Double) -> Double { (milliseconds * 100).rounded() / 100 }
}
