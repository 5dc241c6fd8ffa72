import EngineCore

/// An operator who has dictionaries trained and activated, now and then, as `converge tables train` does.
extension World {
    /// Some of them right before a Region goes away.
    func scheduleDictionaries() {
        guard design == .rowPerRegion, table.design == .rowPerRegion else { return }
        var random = SeededRandom(seed: plan.seed ^ 0xD1C7)
        var times = (0..<random.below(4)).map { _ in agenda.now + Int64(Double(plan.span) * random.unit() * 0.9) }
        for front in plan.fronts where front.fault == .regionLoss || front.fault == .regionOutage {
            times.append(max(agenda.now, front.start - Int64(random.between(0, 10_000))))
        }
        for (number, time) in times.enumerated() {
            agenda.at(time) { [unowned self] in activate(number + 1, attempts: 5) }
        }
    }

    /// Regions that are gone for good are left out; where anything fails, it is done again a minute later.
    private func activate(_ dictionary: Int, attempts: Int) {
        trace(.world, "activates dictionary \(dictionary)")
        if mutant == .nameUnread {
            for region in survivors {
                table.put(dictionary: dictionary, in: region) { [unowned self] isDone in
                    if isDone { table.name(dictionary: dictionary, in: region) { _ in } }
                }
            }
            return
        }
        let regions = survivors.map { WorldPlan.regionNames[$0] }
        losses = SeededRandom(seed: plan.seed ^ 0x1057 ^ UInt64(dictionary << 8 + attempts))
        carryOn(DictionaryActivation(regions: regions, naming: regions, tables: ["rows"]), dictionary, attempts)
    }

    private func carryOn(_ activation: DictionaryActivation, _ dictionary: Int, _ attempts: Int) {
        var activation = activation
        guard let steps = activation.next() else {
            if case .done = activation.outcome { return trace(.world, "writes with dictionary \(dictionary)") }
            guard attempts > 1 else { return }
            return agenda.after(60_000) { [unowned self] in activate(dictionary, attempts: attempts - 1) }
        }
        var failures: [DictionaryActivation.Failure] = []
        var left = steps.count
        for step in steps {
            perform(step, dictionary) { [unowned self] isDone in
                if !isDone { failures.append(DictionaryActivation.Failure(step, "no answer")) }
                left -= 1
                guard left == 0 else { return }
                activation.take(failures)
                carryOn(activation, dictionary, attempts)
            }
        }
    }

    private func perform(
        _ step: DictionaryActivation.Step, _ dictionary: Int, _ done: @escaping (_ isDone: Bool) -> Void
    ) {
        guard let region = WorldPlan.regionNames.firstIndex(of: step.region) else { return done(false) }
        if mutant == .trustLostPut, step.action == .readBack { return done(true) }
        guard step.action != .readBack, weather.isDrawn(.lostActivation, in: region), losses.chance(0.4) else {
            return perform(step.action, dictionary, in: region, done)
        }
        trace(.world, "loses the answer of dictionary \(dictionary) to \(step.action) in \(step.region)")
        // Half of them happen, and of those half after the command was told that they did not.
        let isDone = losses.chance(0.5)
        let late = losses.chance(0.5) ? losses.between(1, 60_000) : 0
        let heard = losses.between(1, Int(GlobalTable.timeout))
        if isDone { agenda.after(Int64(late)) { [unowned self] in perform(step.action, dictionary, in: region) { _ in } } }
        agenda.after(Int64(heard)) { [unowned self] in done(mutant == .trustLostPut && step.action == .put) }
    }

    private func perform(
        _ action: DictionaryActivation.Step.Action, _ dictionary: Int, in region: Int,
        _ done: @escaping (_ isDone: Bool) -> Void
    ) {
        switch action {
        case .put: table.put(dictionary: dictionary, in: region, done)
        case .readBack: table.readBack(dictionary: dictionary, in: region, done)
        case .name: table.name(dictionary: dictionary, in: region, done)
        }
    }

    /// A Region's workers write with a dictionary only if every Region can read it. Tables that took the place of others may lack it for a while.
    func checkNamed(_ dictionary: Int, in region: Int) {
        guard !witness.wasRestored else { return }
        for other in survivors where !table.replicas[other].dictionaries.contains(dictionary) {
            let (name, lacking) = (WorldPlan.regionNames[region], WorldPlan.regionNames[other])
            witness.violated("\(name) is told to write with dictionary \(dictionary), which \(lacking) does not have")
        }
    }
}
