import Lattice
import TestSupport
import Testing

@Suite("what a planned join changes", .limited)
struct JoinPlanTests {
    /// Whether the join of what is held with what is told only refreshes it, where registers under `late` may wait.
    private func isRefresh(_ held: [Fact], _ told: [Fact]) -> Bool {
        encode(held).withUnsafeBytes { held in
            encode(told).withUnsafeBytes { told in
                var plan = JoinPlan()
                guard plan.make(EntityView(held), EntityView(told)).changed else { return false }
                return plan.isRefresh(of: EntityView(held)) { $0.path.equals("late") }
            }
        }
    }

    private static let old = ModelStamp(time: 1)
    private static let new = ModelStamp(time: 2)

    @Test(
        "a newer stamp on a known value and measure is a refresh under every rule but union; any other change is not",
        arguments: [
            (.lastWriterWins(old, "1"), .lastWriterWins(new, "1"), true),
            (.lastWriterWins(old, "1"), .lastWriterWins(new, "2"), false),
            (.lastWriterWins(old, "1"), .lastWriterWins(new, nil), false),
            (.lastWriterWins(old, nil), .lastWriterWins(new, nil), true),
            (.max(5, old, "1"), .max(5, new, "1"), true), (.max(5, old, "1"), .max(6, new, "1"), false),
            (.max(5, old, "1"), .max(5, new, "2"), false), (.min(5, new, "1"), .min(5, old, "1"), true),
            (.min(5, old, "1"), .min(4, new, "1"), false), (.lastWriterWins(old, "1"), .max(0, new, "1"), false),
            (.union(capacity: 2, ["1": old]), .union(capacity: 2, ["1": new]), false),
            (.union(capacity: 2, ["1": old]), .union(capacity: 2, ["2": new]), false),
            (.sketch(old, [UInt8](repeating: 1, count: 64)), .sketch(old, [UInt8](repeating: 2, count: 64)), false),
        ] as [(ModelRegister, ModelRegister, Bool)])
    func changes(held: ModelRegister, told: ModelRegister, refreshes: Bool) {
        #expect(isRefresh([Fact(path: "a", register: held)], [Fact(path: "a", register: told)]) == refreshes)
    }

    @Test("a register that may wait is a refresh whatever it says, also if it is new, but not beside another change")
    func late() {
        let held = Fact(path: "a", register: .lastWriterWins(Self.old, "1"))
        let again = Fact(path: "a", register: .lastWriterWins(Self.new, "1"))
        let other = Fact(path: "b", register: .lastWriterWins(Self.new, "1"))
        for register in [
            ModelRegister.lastWriterWins(Self.new, "2"), .max(7, Self.new, "2"),
            .sketch(Self.new, [UInt8](repeating: 2, count: 64)),
        ] {
            let late = Fact(path: "late", register: register)
            #expect(isRefresh([held], [late]), "it is new")
            #expect(isRefresh([held, Fact(path: "late", register: .lastWriterWins(Self.old, "1"))], [late]))
            #expect(isRefresh([held], [again, late]))
            #expect(!isRefresh([held], [other, late]))
        }
        let few = Fact(path: "late", register: .sketch(Self.old, [UInt8](repeating: 1, count: 64)))
        let more = Fact(path: "late", register: .sketch(Self.old, [2] + [UInt8](repeating: 0, count: 63)))
        #expect(isRefresh([few], [more]), "the join is neither side's")
    }

    @Test("a join that drops a register of a full family is no refresh")
    func dropped() {
        func snapshot(_ name: Int, at time: Int64) -> Fact {
            Fact(path: "snapshot/\(name + 10)", register: .lastWriterWins(ModelStamp(time: time), "1"))
        }
        let full = (0..<16).map { snapshot($0, at: 1) }
        let told = encode([snapshot(20, at: 2)])
        encode(full).withUnsafeBytes { full in
            told.withUnsafeBytes { told in
                var plan = JoinPlan()
                #expect(plan.make(EntityView(full), EntityView(told)).changed)
                #expect(!plan.isRefresh(of: EntityView(full)) { _ in true })
            }
        }
    }
}
