import Bytes
import JSON
import Lattice

/// Contact records (CTRs): `docs/merge.md`. One register, replaced whole by a newer copy. Source: AG ctr-data-model.
extension RecordDecoder {
    func decodeContactRecord(
        _ root: JSONValue, _ top: TopLevel, arrival: Timestamp?, into batch: MutationBatch
    ) throws(Refusal) {
        guard let time = moment(top.lastUpdateTimestamp) else {
            throw Refusal(.noStamp, "a contact record without a readable LastUpdateTimestamp")
        }
        let contact = try identity(top.contactID, "a contact record without a ContactId")
        try admit(.record, time, arrival: arrival, into: batch)

        record.removeAll()
        root.appendCanonical(to: &record)
        let arn = known(top.instanceARN).flatMap { ConnectARN($0) }
        let stamp = Stamp(
            time: time, region: arn?.region ?? RecordDecoder.empty, id: canonicalID(of: record.bytes))

        var agentARN: JSONValue?
        var attributes: JSONValue?
        var customerID: JSONValue?
        var initiated: JSONValue?
        for (name, value) in root.members {
            switch name.count {
            case 5: if name.equals("Agent") { agentARN = value.member("ARN") }
            case 10:
                if name.equals("Attributes") { attributes = value } else if name.equals("CustomerId") { customerID = value }
            case 19: if name.equals("InitiationTimestamp") { initiated = value }
            default: break
            }
        }
        let customer = known(customerID) ?? attributes.flatMap { self.customer(in: $0) }

        batch.mutate(.contact, contact) { buffer, entity in
            entity.lastWriterWins(&buffer, "record", stamp: stamp, value: record.bytes)
            // Written even where it is null: a newer copy without a customer takes the link back.
            entity.beginRegister(&buffer, "record/customer", segment: nil, rule: .lastWriterWins, stamp: stamp)
            if let customer { buffer.appendJSONString(customer) } else { buffer.append("null") }
            entity.endRegister(&buffer)
        }
        if let customer {
            writeCustomer(
                customer, contact: contact, agent: agentID(agentARN), at: moment(initiated) ?? time,
                source: "lastContact/record", stamp: stamp, into: batch)
        }
    }
}
