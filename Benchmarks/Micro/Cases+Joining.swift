import ContactCenter
import Lattice
import Platform

/// Stamps, and joins of entities.
func joiningCases(_ files: EventFiles) -> [MicroCase] {
    let event = files.event("agent-state-change")
    let row = joined(
        [files.event("agent-login").at(second: 1), event.at(second: 30)].map { mutation(.agent, of: $0.ofAgent(1)).entity })
    let told = { (second: Int) in mutation(.agent, of: event.ofAgent(1).at(second: second)).entity }
    return [
        compareStamps("stamp.another-time") { Stamp(time: Timestamp(milliseconds: Int64($0 * 7919 % 64)), id: $1) },
        compareStamps("stamp.same-moment") { Stamp(time: .earliest, rank: 1, region: StaticString("us-east-1").view, id: $1) },
        join("join.agent-newer", row, told(31), changes: true),
        join("join.agent-older", row, told(29), changes: false),
        join("join.agent-equal", row, told(30), changes: false),
        join("join.union-known", union(0..<16), union(8..<9), changes: false),
        join("join.union-new-member", union(0..<16), union(16..<17), changes: true),
        write("encode.entity", row),
        canonicalJSON("encode.canonical-json", row),
    ]
}

/// Each of 64 stamps with the next one.
private func compareStamps(_ name: String, _ stamp: (Int, EventID) -> Stamp) -> MicroCase {
    let ids = Held((0..<64).flatMap { number in (0..<16).map { UInt8(truncatingIfNeeded: number * 37 + $0) } })
    let stamps = (0..<64).map { stamp($0, EventID(form: .uuid, bytes: ids.bytes.slice($0 * 16, 16))) }
    return MicroCase(name, operations: 63) {
        var newer = 0
        for at in 1..<64 where stamps[at - 1].compare(stamps[at]) < 0 { newer += 1 }
        keep(newer)
        keep(ids)
    }
}

/// Plans a join and, where there is anything to change, applies it.
private func join(_ name: String, _ row: Held, _ mutation: Held, changes: Bool) -> MicroCase {
    let join = Joiner()
    let outcome = join.plan.make(EntityView(row.bytes), EntityView(mutation.bytes))
    guard outcome.changed == changes else { stop("\(name) is something else") }
    let memory = Held(row.bytes)
    memory.buffer.reserve(join.plan.roomNeeded)
    let prepare = {
        memory.buffer.removeAll()
        memory.buffer.append(row.bytes)
    }
    return MicroCase(name, prepare: prepare) {
        guard join.plan.make(EntityView(memory.bytes), EntityView(mutation.bytes)).changed else { return }
        keep(join.plan.apply(to: memory.buffer.base, length: memory.buffer.count))
    }
}

/// A plan that keeps its memory from round to round.
private final class Joiner { var plan = JoinPlan() }

/// An entity that is a union of so many members.
private func union(_ members: Range<Int>) -> Held {
    let entity = Held()
    var writer = EntityWriter(&entity.buffer)
    for number in members {
        let value = Held(Array("\"630710668/b84258f5-5889-49b8-ad93-69d96e10\(1000 + number)\"".utf8))
        let stamp = Stamp(time: Timestamp(milliseconds: Int64(number)))
        writer.unionMember(&entity.buffer, "contacts", capacity: 64, stamp: stamp, value: value.bytes)
    }
    writer.finish(&entity.buffer)
    return entity
}

/// Writes an entity's registers anew, each by its rule.
private func write(_ name: String, _ row: Held) -> MicroCase {
    let entity = Held(row.bytes)
    return MicroCase(name, prepare: { entity.buffer.removeAll() }) {
        var writer = EntityWriter(&entity.buffer)
        for register in EntityView(row.bytes) {
            writer.beginRegister(&entity.buffer, encodedPath: register.path, rule: register.rule, stamp: register.stamp)
            if register.rule != .lastWriterWins { entity.buffer.appendInteger(register.measure) }
            entity.buffer.append(register.value)
            writer.endRegister(&entity.buffer)
        }
        writer.finish(&entity.buffer)
    }
}

/// What digests and state files are made of.
private func canonicalJSON(_ name: String, _ row: Held) -> MicroCase {
    let text = Held()
    EntityView(row.bytes).appendJSON(to: &text.buffer)
    return MicroCase(name, prepare: { text.buffer.removeAll() }) { EntityView(row.bytes).appendJSON(to: &text.buffer) }
}
