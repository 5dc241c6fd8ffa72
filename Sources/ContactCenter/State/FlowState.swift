import JSON
import Lattice
import Platform

/// The projection of a flow: where the contact is in it, and the variables that it and applications have set.
enum FlowState {
    static func append(
        id: ByteView, _ entity: EntityView, names: inout NamedRegisters, parser: JSONParser, to out: inout ByteBuffer
    ) {
        let position = gather(entity, &names)
        let root = position?.object(parser)
        out.append("{\"contactId\":")
        out.appendJSONString(id)
        out.append(",\"flowId\":")
        out.appendOrNull(root?.member("flowId")?.toldText)
        out.append(",\"flowName\":")
        out.appendOrNull(root?.member("flowName")?.toldText)
        out.append(",\"position\":")
        if let root {
            out.append("{\"at\":")
            out.appendOrNull(position?.time)
            out.append(",\"identifier\":")
            out.appendOrNull(root.member("identifier")?.toldText)
            out.append(",\"module\":")
            out.appendOrNull(root.member("module")?.toldText)
            out.append("}")
        } else {
            out.append("null")
        }
        out.append(",\"stack\":")
        if let stack = root?.member("stack"), stack.isArray { out.append(stack.bytes) } else { out.append("[]") }
        out.append(",\"variables\":")
        names.appendFields(to: &out)
        out.append("}")
    }

    /// As a row shows it. Its key names the contact.
    static func appendLean(
        _ entity: EntityView, names: inout NamedRegisters, _ notes: inout LeanNotes, parser: JSONParser,
        to out: inout ByteBuffer
    ) {
        let position = gather(entity, &names)
        out.append("{")
        out.appendLean("at", entity.latest)
        if let position, let root = position.object(parser) {
            out.appendLean("flowId", root.member("flowId")?.toldText)
            out.appendLean("flowName", root.member("flowName")?.toldText)
            out.appendLeanObject("position") { out in
                out.appendLean("at", position.time)
                out.appendLean("identifier", root.member("identifier")?.toldText)
                out.appendLean("module", root.member("module")?.toldText)
            }
            if let stack = root.member("stack"), stack.isArray { out.appendLean("stack", &notes) { $0.append(stack.bytes) } }
        }
        names.appendLean("variables", &notes, to: &out)
        notes.append(to: &out)
        out.append("}")
    }

    /// The names of variables, and the position.
    private static func gather(_ entity: EntityView, _ names: inout NamedRegisters) -> RegisterView? {
        names.begin(entity)
        var position: RegisterView?
        for register in entity {
            if let name = register.segment(after: "field/") ?? register.segment(after: "variable/") {
                names.add(name, register)
            } else if register.path.equals("position"), !register.isTombstone {
                position = register
            }
        }
        return position
    }
}
