import FailoverCore
import TestSupport
import Testing

@Suite("Actuators of two Regions on one thing, at random", .limited)
struct FollowerRandomTests {
    /// One thing that two followers write: writes land late, are lost, or land although nothing was heard; views of the intents are late or
    /// missing; a follower may be stopped and begin anew; somebody else may set a value.
    struct World {
        struct Late {
            var at: Int64
            var value: String
        }

        var dice: Dice
        var now: Int64 = 1_000_000
        var terms: [(term: Int64, value: String, at: Int64)] = []
        var there = "as it was"
        var late: [Late] = []
        var followers = [Follower<String>(name: "a"), Follower<String>(name: "b")]
        var views: [Int] = [0, 0]
        var viewDue: [Int64] = [0, 0]
        var isFaulty = true

        static let landsWithin: Int64 = 600_000

        init(_ dice: Dice) { self.dice = dice }

        mutating func commit() {
            // Few values, so that terms come back to what an older one asked for.
            terms.append((Int64(terms.count + 1), dice.pick(["0/255", "255/0", "128/127"]), now))
        }

        mutating func look(_ index: Int) {
            guard now >= viewDue[index] else { return }
            viewDue[index] = now + (isFaulty ? Int64(dice.below(30_000)) : 2_000)
            // A reading began a while ago, and never goes back.
            let seen = isFaulty && dice.chance(3) ? max(views[index], terms.count - 1) : terms.count
            views[index] = max(seen, views[index])
            let wishes = terms.prefix(views[index]).reversed().map {
                Follower<String>.Wish(term: $0.term, value: $0.value, isYoung: now - $0.at < 900_000)
            }
            followers[index].observe(wishes, newest: Int64(views[index]), now: now)
        }

        mutating func act(_ index: Int) throws {
            for _ in 0..<4 {
                guard let step = followers[index].next(now: now) else { return }
                let random = Double.random(in: 0..<1, using: &dice)
                switch step {
                case .look:
                    let isHeard = !isFaulty || !dice.chance(4)
                    followers[index].looked(
                        isHeard ? .found(.init(there)) : .failed("no answer"), now: now, wall: now, random: random)
                case .apply(let wish):
                    try demand(wish.term == Int64(views[index]), "term \(wish.term) was written, \(views[index]) is known")
                    if isFaulty, dice.chance(3) {
                        if dice.chance(2) {
                            late.append(Late(at: now + Int64(dice.below(Int(World.landsWithin))), value: wish.value))
                        }
                        followers[index].applied(failure: "no answer", now: now, random: random)
                    } else {
                        there = wish.value
                        followers[index].applied(failure: nil, now: now, random: random)
                    }
                }
            }
        }

        mutating func round() throws {
            now += isFaulty ? Int64(1 + dice.below(20_000)) : 1_000
            for write in late where write.at <= now { there = write.value }
            late.removeAll { $0.at <= now }
            for index in followers.indices {
                look(index)
                try act(index)
            }
        }
    }

    @Test("the greatest term is there in the end, however writes were late, lost or unheard")
    func greatestTermWins() {
        forAll(400) { dice in
            var world = World(dice)
            for _ in 0..<(20 + dice.below(60)) {
                if dice.chance(8) { world.commit() }
                if dice.chance(40) {
                    let index = dice.below(2)
                    world.followers[index] = Follower(name: "anew")
                }
                try world.round()
            }
            if world.terms.isEmpty { world.commit() }
            world.isFaulty = false
            // Until what is late has landed and was looked at.
            let end = world.now + World.landsWithin + 60_000
            while world.now < end { try world.round() }
            let wanted = world.terms.last
            try demand(world.there == wanted?.value, "\(world.there) is there; wanted: \(String(describing: wanted))")
            for follower in world.followers {
                try demand(follower.status.appliedTerm == wanted?.term, "\(follower.status)")
            }
        }
    }

    @Test("a value that is nobody's stays once the newest was there, until there is a newer term")
    func foreignStays() {
        forAll(200, seed: 7) { dice in
            var world = World(dice)
            for _ in 0..<(1 + dice.below(3)) { world.commit() }
            world.isFaulty = false
            for _ in 0..<60 { try world.round() }
            world.there = "somebody's"
            for _ in 0..<(60 + dice.below(1_000)) { try world.round() }
            try demand(world.there == "somebody's", "overwritten by \(world.there)")
            world.commit()
            for _ in 0..<60 { try world.round() }
            try demand(world.there == world.terms.last?.value, "\(world.there) is there")
        }
    }
}
