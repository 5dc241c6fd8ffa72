import JSON
import Lattice
import Platform

/// Flow logs: `docs/merge.md`. Source: AG contact-flow-log-data.
extension RecordDecoder {
    func decodeFlowLog(
        _ root: JSONValue, _ top: TopLevel, arrival: Timestamp?, into batch: MutationBatch
    ) throws(Refusal) {
        guard let time = milestone(top.timestamp) else { throw Refusal(.noStamp, "a flow log without a valid Timestamp") }
        let contact = try identity(top.contactID, "a flow log without a ContactId")
        var flowName: JSONValue?
        var identifier: JSONValue?
        var module: JSONValue?
        var stack: JSONValue?
        var parameters: JSONValue?
        for (name, value) in root.members {
            switch name.count {
            case 10:
                if name.equals("Identifier") { identifier = value } else if name.equals("Parameters") { parameters = value }
            case 15: if name.equals("ContactFlowName") { flowName = value }
            case 20: if name.equals("ModuleExecutionStack") { stack = value.isArray ? value : nil }
            case 21: if name.equals("ContactFlowModuleType") { module = value }
            default: break
            }
        }
        let isAssignment = known(module)?.equals("SetAttributes") == true
        let variable = isAssignment ? known(parameters?.member("Key")) : nil
        guard variable?.count ?? 0 <= RecordDecoder.nameLengthMax else {
            throw Refusal(.tooLong, "a flow variable whose name is longer than 1,024 bytes")
        }
        try admit(.flowLog, time, arrival: arrival, into: batch)

        let arn = known(top.contactFlowID).flatMap { ConnectARN($0) }
        let stamp = Stamp(
            time: time, region: arn?.region ?? RecordDecoder.empty, id: canonicalID(of: canonical(root)))
        batch.mutate(.flow, contact) { buffer, entity in
            entity.beginRegister(&buffer, "position", segment: nil, rule: .lastWriterWins, stamp: stamp)
            buffer.append("{\"flowId\":")
            buffer.appendKnown(top.contactFlowID)
            buffer.append(",\"flowName\":")
            buffer.appendKnown(flowName)
            buffer.append(",\"identifier\":")
            buffer.appendKnown(identifier)
            buffer.append(",\"module\":")
            buffer.appendKnown(module)
            buffer.append(",\"stack\":")
            buffer.appendKnown(stack)
            buffer.append("}")
            entity.endRegister(&buffer)

            guard let variable else { return }
            entity.beginRegister(&buffer, "variable/", segment: variable, rule: .lastWriterWins, stamp: stamp)
            if let value = parameters?.member("Value") { value.appendCanonical(to: &buffer) } else { buffer.append("null") }
            entity.endRegister(&buffer)
        }
    }
}
