import Simulation
import TestSupport
import Testing

@Suite("the story of failover beside that of the workers", .limited)
struct FailoverBesideTests {
    @Test("the workers' story of a seed is the same with failover beside it and without")
    func apart() {
        var options = SimulationOptions(events: 300, comparesNaive: false)
        let alone = Simulation.run(seed: 7, options)
        options.failover = FailoverOptions()
        let both = Simulation.run(seed: 7, options)
        #expect(alone.steps == both.steps)
        #expect(alone.failover == nil)
        #expect(both.failover?.outcomes.isEmpty == false)
        options.hasWorkers = false
        #expect(Simulation.run(seed: 7, options).records == 0)
    }
}
