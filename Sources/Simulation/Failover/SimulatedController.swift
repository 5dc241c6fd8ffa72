import FailoverCore

/// A process with a real `FailoverController`: does its steps one at a time, with a clock of its own, and may be stopped or killed anywhere.
final class SimulatedController {
    /// Between two rounds while nothing is about, in milliseconds: as if the process were slow to wake.
    private static let quietRound: Int64 = 8_000

    unowned let world: FailoverWorld
    let region: Int
    let name: String
    private var core: FailoverController
    private var senses: FailoverSenses
    var random: SeededRandom
    /// What its clock shows when the agenda's is at zero.
    private let clockOffset: Int64
    private(set) var isDead = false
    private var pausedUntil: Int64 = .min
    private var isInFlight = false
    /// Which turn is the next one: older ones that were put into the agenda are void.
    private var turns = 0
    private var volumeDue: Int64 = .min
    /// When the last answer of the control table came.
    private(set) var tableHeardAt: Int64 = .min / 2
    var knowledge: FailoverKnowledge
    /// For mutants: what was last said, by source and Region.
    var said: [String: Signal] = [:]
    /// For mutants: an intent that is not committed.
    var imagined: Intent?

    init(_ world: FailoverWorld, region: Int, id: Int, seed: UInt64) {
        self.world = world
        self.region = region
        var random = SeededRandom(seed: seed)
        let identity = FailoverController.Identity(
            region: FailoverPlan.regionNames[region], peer: FailoverPlan.regionNames[1 - region], id: "c\(id)")
        name = identity.name
        core = FailoverController(identity, Self.policy(world), seed: random.next())
        senses = FailoverSenses(own: region, seed: random.next())
        clockOffset = Int64(random.between(0, 1_000_000_000)) - world.agenda.now
        knowledge = FailoverKnowledge(own: region)
        self.random = random
    }

    /// Its monotonic clock.
    var clock: Int64 { world.agenda.now + clockOffset }
    /// Its wall clock.
    private var wall: Int64 { world.agenda.now + world.clockOffsets[region] }

    /// Lives, and runs.
    var isAwake: Bool { !isDead && world.agenda.now >= pausedUntil }

    var status: FailoverStatus { core.status(now: clock) }

    // MARK: Life

    func kill() {
        guard !isDead else { return }
        isDead = true
        world.trace(.controller(name), "is killed")
    }

    /// Stops, and goes on without noticing.
    func pause(for milliseconds: Int64) {
        world.trace(.controller(name), "stops for \(milliseconds / 1000) s")
        pausedUntil = max(pausedUntil, world.agenda.now + milliseconds)
    }

    /// Does it once the process runs; never if it is dead.
    private func whenAwake(_ body: @escaping () -> Void) {
        guard !isDead else { return }
        guard world.agenda.now < pausedUntil else { return body() }
        world.agenda.at(pausedUntil) { [self] in whenAwake(body) }
    }

    /// What may befall a process at each step of a move.
    private func strike() {
        if world.conditions.isActive(.killController, in: region, at: world.agenda.now), random.chance(0.2) {
            world.killed(self)
        } else if world.conditions.isActive(.pauseController, in: region, at: world.agenda.now), random.chance(0.3) {
            pause(for: Int64(random.between(2_000, random.chance(0.5) ? 30_000 : 600_000)))
        }
    }

    // MARK: Rounds

    func wake(at time: Int64) {
        turns += 1
        let turn = turns
        world.agenda.at(time) { [self] in
            whenAwake { [self] in
                guard turn == turns else { return }
                self.turn()
            }
        }
    }

    private func turn() {
        guard !isInFlight, !world.isResting else { return }
        hear()
        guard let step = core.next(now: clock, wall: wall) else {
            let due = world.agenda.now + max(core.wakeAt - clock, 1)
            return wake(at: world.isBusy ? due : max(due, world.agenda.now + Self.quietRound))
        }
        isInFlight = true
        perform(step)
    }

    /// Takes in what the senses say.
    private func hear() {
        let offset = clock - world.agenda.now
        senses.look(world, wall: wall) { signal in
            knowledge.take(signal)
            guard var heard = mutated(signal) else { return }
            heard.observedAt += offset
            core.observe(heard)
        }
        knowledge.weigh(world)
        if knowledge.illSince != nil { world.stir() }
        guard world.agenda.now >= volumeDue else { return }
        volumeDue = world.agenda.now + 10_000
        if let starts = senses.startsExpected { core.observe(Volume(starts: starts, agents: nil, observedAt: clock)) }
    }

    private func answer(_ answer: FailoverAnswer, to step: FailoverStep) {
        if case .control = step, case .unheard = answer {} else if case .control = step { tableHeardAt = world.agenda.now }
        whenAwake { [self] in
            let heard = mutated(answer, to: step)
            core.take(heard, now: clock)
            isInFlight = false
            turn()
        }
    }

    // MARK: Steps

    private func perform(_ step: FailoverStep) {
        switch step {
        case .control(let request):
            if request.isOfMove {
                world.stir()
                world.trace(.controller(name), request.line)
                world.witness.asked(request, by: self)
                strike()
            }
            whenAwake { [self] in
                if let made = madeUp(request) { return answer(made, to: step) }
                world.table.send(request, from: region) { [self] in answer($0, to: step) }
            }
        case .readGroups:
            world.groups.read(from: region) { [self] in answer($0, to: step) }
        case .send(let update):
            world.stir()
            whenAwake { [self] in sign(update, step) }
        }
    }

    /// Signs, then asks for the newest term, then sends: it may be stopped before each.
    private func sign(_ update: GroupUpdate, _ step: FailoverStep) {
        let signed = FailoverSending(update: update, signedAt: world.agenda.now, signedWall: wall)
        world.trace(.controller(name), "signs \(update.group.group) of term \(update.term)")
        strike()
        whenAwake { [self] in
            if asksNothing { return deliver(signed, step) }
            world.table.send(.read, from: region) { [self] heard in
                if case .control = heard { tableHeardAt = world.agenda.now }
                whenAwake { [self] in
                    guard case .control(let view) = heard else {
                        return sendsBlind ? deliver(signed, step) : answer(.withdrawn, to: step)
                    }
                    guard mutated(view).newest?.term == update.term else { return answer(.withdrawn, to: step) }
                    strike()
                    whenAwake { [self] in deliver(signed, step) }
                }
            }
        }
    }

    private func deliver(_ sending: FailoverSending, _ step: FailoverStep) {
        guard clock <= sending.update.deadline || ignoresDeadline else { return answer(.withdrawn, to: step) }
        let signedWall = ignoresDeadline ? wall : sending.signedWall
        world.trace(.controller(name), "sends \(sending.update.group.group) of term \(sending.update.term)")
        world.witness.sends(sending, by: self)
        world.groups.send(
            .init(
                shares: mutated(sending.update.group), signedAt: signedWall, region: region, term: sending.update.term)
        ) { [self] in answer($0, to: step) }
    }
}

/// An update on its way, and when it was signed: by the agenda, and by the signer's wall clock.
struct FailoverSending {
    var update: GroupUpdate
    var signedAt: Int64
    var signedWall: Int64
}

extension ControlStep {
    /// Whether it is part of a move, or of a return.
    var isOfMove: Bool {
        switch self {
        case .propose, .writeMark, .writeProposal, .writePlan: true
        default: false
        }
    }

    /// For a trace.
    var line: String {
        switch self {
        case .read: "reads"
        case .writeVerdict(let verdict): "calls \(verdict.region) \(verdict.state.rawValue)"
        case .propose(let intent):
            "proposes term \(intent.term) (\(intent.cause.rawValue)): \(intent.groups.map { "\($0.group) \($0.shares.telephony.sorted { $0.key < $1.key }.map(\.value))" })"
        case .writeProposal(let proposal): proposal.map { "asks for a yes after term \($0.after)" } ?? "asks no more"
        case .writePlan(let plan, _):
            "writes that the return is \(plan.state.rawValue) after term \(plan.after) \(plan.evidence)"
        case .writeMark(let mark, _): "marks term \(mark.term) as \(mark.state.rawValue)"
        case .write(let entry): "notes \(entry.kind.rawValue) of term \(entry.term): \(entry.lines.first ?? "")"
        case .settleDrill(let record): "settles the drill of \(record.schedule) at \(record.at)"
        case .writeHold(let hold): hold == nil ? "lets go" : "holds"
        case .acknowledge(let term, _): "acknowledges term \(term)"
        case .writeApproval(let approval): approval.isYes ? "says yes" : "says no"
        }
    }
}
