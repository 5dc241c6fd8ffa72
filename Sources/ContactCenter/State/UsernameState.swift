import Lattice
import Platform

/// The projection of a username: the agents that have borne it, a person's several ids where instances are mirrored by hand.
enum UsernameState {
    static func append(_ entity: EntityView, to out: inout ByteBuffer) {
        out.append("{\"agents\":")
        out.appendTexts(entity.register("agents"))
        out.append("}")
    }

    /// As a row shows it.
    static func appendLean(_ entity: EntityView, to out: inout ByteBuffer) {
        out.append("{")
        out.appendLeanList("agents") { out in
            guard let agents = entity.register("agents")?.members else { return }
            for agent in agents where agent.isText {
                out.appendLeanComma()
                out.append(agent.value)
            }
        }
        out.append("}")
    }
}
