import FailoverCore
import TestSupport
import Testing

@testable import Simulation

@Suite("the simulated traffic distribution groups", .limited)
struct SimulatedGroupsTests {
    private let agenda = Agenda(start: FailoverPlan.start)
    private static let (east, west) = (FailoverPlan.regionNames[0], FailoverPlan.regionNames[1])

    private func shares(_ east: Int) -> Shares { Shares(Self.east, share: east, other: Self.west, hasSignIn: true) }

    private func groups() -> SimulatedGroups {
        SimulatedGroups(
            [.init(name: "g", shares: shares(50), inForce: shares(50), changedAt: nil, portion: 100)], agenda: agenda, seed: 1)
    }

    private func update(_ east: Int, signed: Int64? = nil, region: Int = 0) -> SimulatedGroups.Update {
        .init(
            shares: GroupShares(group: "g", shares: shares(east)), signedAt: signed ?? agenda.now, region: region, term: 1)
    }

    private func send(_ update: SimulatedGroups.Update, _ groups: SimulatedGroups) -> FailoverAnswer? {
        var heard: FailoverAnswer?
        groups.send(update) { heard = $0 }
        while agenda.step() {}
        return heard
    }

    @Test("an update is read back at once, runs for a while, and takes effect later")
    func effect() {
        let groups = groups()
        #expect(groups.take(update(0)) == .done)
        #expect(groups.views.first?.shares == shares(0))
        #expect(groups.views.first?.status == .updating)
        #expect(groups.views.first?.changedAt == agenda.now)
        #expect(groups.telephony(of: Self.east) == 50)
        while agenda.step() {}
        #expect(groups.telephony(of: Self.east) == 0)
    }

    @Test("while an update runs another is refused; afterwards there is no condition, the last caller wins")
    func updating() {
        let groups = groups()
        #expect(groups.take(update(0)) == .done)
        #expect(groups.take(update(70)) == .refused("an update runs"))
        agenda.after(30_000) {}
        while agenda.step() {}
        #expect(groups.views.first?.status == .active)
        #expect(groups.take(update(70, region: 1)) == .done)
        #expect(groups.views.first?.shares == shares(70))
    }

    @Test(
        "a signature counts for five minutes of AWS's clock, either way",
        arguments: [-300_001, -300_000, 0, 300_000, 300_001] as [Int64])
    func signature(offset: Int64) {
        let groups = groups()
        let isRefused = abs(offset) > 300_000
        #expect(
            groups.take(update(0, signed: agenda.now + offset)) == (isRefused ? .refused("the signature has expired") : .done))
        #expect((groups.views.first?.shares == shares(50)) == isRefused)
    }

    @Test("shares that AWS does not take are refused")
    func invalid() {
        let groups = groups()
        var wrong = update(0)
        wrong.shares.shares.telephony = [Self.east: 0, Self.west: 0]
        var seen: SimulatedGroups.Update?
        groups.onUpdate = { seen = $0 }
        #expect(groups.take(wrong) == .refused("invalid shares"))
        #expect(seen != nil, "the witness is told")
        #expect(groups.views.first?.shares == shares(50))
    }

    @Test("five requests at once and two a second, by Region")
    func throttle() {
        let groups = groups()
        var heard: [FailoverAnswer] = []
        for _ in 0..<8 { groups.read(from: 0) { heard.append($0) } }
        groups.read(from: 1) { heard.append($0) }
        while agenda.step() {}
        #expect(heard.count { $0 == .refused("throttled") } == 3)
    }

    @Test("an endpoint that is away answers nothing, and changes nothing; the other one does")
    func away() {
        let groups = groups()
        groups.isAway[0] = true
        guard case .unheard = send(update(0, region: 0), groups) else { return #expect(Bool(false)) }
        #expect(groups.views.first?.shares == shares(50))
        #expect(send(update(0, region: 1), groups) == .done)
    }

    @Test("a late update arrives without being heard, or never once its signature has expired")
    func late() {
        let groups = groups()
        groups.late = 1
        var arrived = 0
        var expired = 0
        for number in 0..<40 {
            let before = groups.views.first?.shares
            let heard = send(update(number % 2 == 0 ? 0 : 100), groups)
            guard case .unheard = heard else { return #expect(Bool(false), "\(String(describing: heard))") }
            if groups.views.first?.shares == before { expired += 1 } else { arrived += 1 }
            #expect(groups.underWay.values.allSatisfy { $0 == 0 })
        }
        #expect(arrived > 10)
        #expect(expired > 0)
    }
}
