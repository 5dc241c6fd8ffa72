import TestSupport
import Testing

@testable import EngineCore

/// Tables of some Regions that a dictionary is brought into, and what goes wrong there.
private struct Tables {
    typealias Step = DictionaryActivation.Step

    static let regions = ["us-east-1", "us-west-2", "eu-west-1"]
    static let names = ["p-agent", "p-contact"]

    /// Steps that fail.
    var failing: Set<Step> = []
    /// Puts that are said to have gone well and did not, `REGION TABLE`.
    var losing: Set<String> = []
    private(set) var held: Set<String> = []
    private(set) var readBack: Set<String> = []
    private(set) var named: [String] = []
    /// Whether a Region named it that could not rely on every Region.
    private(set) var wasNamedTooEarly = false

    static func place(_ step: Step) -> String { "\(step.region) \(step.table)" }

    mutating func run(naming: [String] = regions) -> DictionaryActivation.Outcome? {
        var activation = DictionaryActivation(regions: Tables.regions, naming: naming, tables: Tables.names)
        while let steps = activation.next() {
            activation.take(steps.compactMap { step in take(step) ? nil : .init(step, "it fails") })
        }
        return activation.outcome
    }

    private mutating func take(_ step: Step) -> Bool {
        guard !failing.contains(step) else { return false }
        let place = Tables.place(step)
        switch step.action {
        case .put:
            if !losing.contains(place) { held.insert(place) }
            return true
        case .readBack:
            if held.contains(place) { readBack.insert(place) }
            return held.contains(place)
        case .name:
            if readBack.count < Tables.regions.count * Tables.names.count { wasNamedTooEarly = true }
            named.append(step.region)
            return true
        }
    }
}

@Suite("bringing a dictionary into use", .waiting(minutes: 5))
struct DictionaryActivationTests {
    @Test("every table of every Region gives it back before any Region names it")
    func order() {
        var tables = Tables()
        #expect(tables.run() == .done(named: Tables.regions))
        #expect(tables.held.count == 6 && tables.readBack.count == 6 && tables.named == Tables.regions)
        #expect(!tables.wasNamedTooEarly)
    }

    @Test(
        "a put or a read that fails in one table ends it before anything is named, and the next run completes it",
        arguments: [DictionaryActivation.Step.Action.put, .readBack], Tables.regions)
    func refused(action: DictionaryActivation.Step.Action, region: String) throws {
        let step = DictionaryActivation.Step(action: action, region: region, table: "p-contact")
        var tables = Tables(failing: [step])
        #expect(tables.run() == .refused([.init(step, "it fails")]))
        #expect(tables.named.isEmpty)
        tables.failing = []
        #expect(tables.run() == .done(named: Tables.regions))
        #expect(!tables.wasNamedTooEarly)
    }

    @Test("a put that was answered and lost is found by reading it back", arguments: Tables.regions)
    func lost(region: String) {
        var tables = Tables(losing: ["\(region) p-agent"])
        guard case .refused(let failures) = tables.run() else {
            Issue.record("it was not refused")
            return
        }
        #expect(failures.map(\.step.region) == [region] && failures.map(\.step.action) == [.readBack])
        #expect(tables.named.isEmpty)
    }

    @Test("a Region that cannot name it is told, with those that do; the next run names it there")
    func partly() {
        let step = DictionaryActivation.Step(action: .name, region: "us-west-2", table: "p-agent")
        var tables = Tables(failing: [step])
        #expect(tables.run() == .partly(named: ["us-east-1", "eu-west-1"], [.init(step, "it fails")]))
        tables.failing = []
        #expect(tables.run(naming: ["us-west-2"]) == .done(named: ["us-west-2"]))
        tables.failing = Set(Tables.regions.map { .init(action: .name, region: $0, table: "p-agent") })
        guard case .refused(let failures) = tables.run() else {
            Issue.record("no Region names it, and it is not refused")
            return
        }
        #expect(failures.count == 3)
    }
}
