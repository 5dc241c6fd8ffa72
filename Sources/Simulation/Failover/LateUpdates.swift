import FailoverCore

/// Updates of an older term that came after a newer one was committed: each is put right or told of, once somebody could.
struct LateUpdates {
    /// While no fault is about and a controller of the Region that carries out the newest term runs, it takes no longer.
    private static let milliseconds: Int64 = 180_000

    /// By group: for how long it has stood while somebody could have put it right.
    private var open: [String: Int64] = [:]

    /// An update has come.
    mutating func came(_ update: SimulatedGroups.Update, newest: Intent?) {
        let group = update.shares.group
        guard let term = update.term, let newest, term < newest.term, newest.shares(of: group) != update.shares.shares else {
            open[group] = nil
            return
        }
        open[group] = 0
    }

    /// It was put right, or told of, or something else is intended.
    mutating func told() { open = [:] }

    /// What is wrong, if anything.
    mutating func tick(_ world: FailoverWorld) -> String? {
        guard !open.isEmpty, let newest = world.table.newest else { return nil }
        // What is not carried out yet will come in any case.
        guard newest.cause == .adopted || world.table.mark(of: newest.term)?.state ?? .sending != .sending else { return nil }
        let isCalm = world.conditions.fronts.allSatisfy { world.agenda.now >= $0.end }
        guard isCalm, world.controllers.contains(where: { $0.isAwake && FailoverPlan.regionNames[$0.region] == newest.actor })
        else { return nil }
        for (group, time) in open {
            if world.groups.groups.contains(where: { $0.name == group && newest.shares(of: group) == $0.shares }) {
                open[group] = nil
                continue
            }
            open[group] = time + SimulatedRegion.tick
            if time > Self.milliseconds {
                return
                    "\(group) shows an older term than \(newest.term) for \(time / 1000) s, and nobody has put it right or told of it"
            }
        }
        return nil
    }
}

/// A move that no rule holds back and that does not come: a controller that waits has to say what for.
struct StalledMoves {
    /// The dwell, what the slowest source is waited for, and some rounds.
    private static let milliseconds: Int64 = 135_000

    /// By controller.
    private var since: [String: Int64] = [:]

    /// Somebody has proposed.
    mutating func moved() { since = [:] }

    mutating func tick(_ world: FailoverWorld) -> String? {
        let now = world.agenda.now
        // Whoever cannot reach the control table in time begins anew each time.
        let isHindered = world.conditions.fronts.contains {
            [.slowControl, .lostControl, .repeatedControl, .tableAway, .tableCut, .groupsAway, .throttledGroups]
                .contains($0.fault) && $0.start <= now && now < $0.end
        }
        guard world.plan.mode == .automatic, !isHindered else {
            since = [:]
            return nil
        }
        for controller in world.controllers {
            guard controller.isAwake, let ill = controller.knowledge.illSince, now - ill > 60_000,
                controller.status.evaluation?.callsForMove == true
            else {
                since[controller.name] = nil
                continue
            }
            let began = since[controller.name] ?? now
            since[controller.name] = began
            if now - began > Self.milliseconds {
                return "no rule holds \(controller.name) back for \((now - began) / 1000) s, and it does not move"
            }
        }
        return nil
    }
}
