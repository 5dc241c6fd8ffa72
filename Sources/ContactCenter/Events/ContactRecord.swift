import JSON
import Lattice
import Platform

/// Contact records (CTRs): `docs/merge.md`. One register, replaced whole by a newer copy. Source: AG ctr-data-model.
extension RecordDecoder {
    func decodeContactRecord(
        _ root: JSONValue, _ top: TopLevel, arrival: Timestamp?, into batch: MutationBatch
    ) throws(Refusal) {
        guard let time = milestone(top.lastUpdateTimestamp) else {
            throw Refusal(.noStamp, "a contact record without a valid LastUpdateTimestamp")
        }
        let contact = try identity(top.contactID, "a contact record without a ContactId")
        try admit(.record, time, arrival: arrival, into: batch)

        record.removeAll()
        root.appendCanonical(to: &record)
        let arn = known(top.instanceARN).flatMap { ConnectARN($0) }
        let id = canonicalID(of: record.bytes)
        let stamp = Stamp(
            time: time, rank: try rank(of: root), region: arn?.region ?? RecordDecoder.empty, id: id)

        var agentARN: JSONValue?
        var attributes: JSONValue?
        var customerID: JSONValue?
        var customerEndpoint: JSONValue?
        var initiated: JSONValue?
        for (name, value) in root.members {
            switch name.count {
            case 5: if name.equals("Agent") { agentARN = value.member("ARN") }
            case 10:
                if name.equals("Attributes") { attributes = value } else if name.equals("CustomerId") { customerID = value }
            case 16: if name.equals("CustomerEndpoint") { customerEndpoint = value }
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
        let began = milestone(initiated) ?? time
        if let customer {
            writeCustomer(
                customer, contact: contact, agent: agentID(agentARN), at: began,
                source: "lastContact/record", stamp: stamp, into: batch)
        }
        writeAlias(endpoint: customerEndpoint, contact: contact, customer: customer, at: began, into: batch)
    }

    /// Orders the copies of one second by how much they say: a copy that says all that another one says, and more, has the
    /// greater rank, until either part is full. It is counted on the canonical form, so that it is a function of what the record
    /// means and not of how it is spelled. Leaves ``record`` as it is.
    private func rank(of root: JSONValue) throws(Refusal) -> UInt8 {
        var said = 0
        var attributes = 0
        for (name, value) in try canonicalRecord(root).members {
            if name.equals("Attributes") { attributes += value.leafCount } else { said += value.leafCount }
        }
        return UInt8(min(said, 127) + min(attributes, 128))
    }

    /// The record in its canonical form, which ``record`` holds.
    private func canonicalRecord(_ root: JSONValue) throws(Refusal) -> JSONValue {
        if root.isCanonical { return root }
        do {
            return try dataParser.parse(record.bytes).root
        } catch {
            throw Refusal(error)
        }
    }
}
