import Lattice
import Platform

/// The projection of a username: the agents that have borne it, a person's several ids where instances are mirrored by hand.
enum UsernameState {
    static func append(_ entity: EntityView, to out: inout ByteBuffer) {
        out.append("{\"agents\":")
        out.appendTexts(entity.register("agents"))
        out.append("}")
    }
}
