import JSON
import Lattice
import Platform

/// What a customer is known by: `docs/merge.md`, "Aliases". Nothing is written where the options have no key.
extension RecordDecoder {
    /// How many contacts and customers an alias keeps: the newest.
    static let aliasMembersMax = 16
    /// How many identities of one type a CloudEvent tells; further ones are left out.
    private static let identitiesMax = 16

    /// The endpoint of a contact's customer, in either spelling, as an alias of the contact, and of the customer if the same event names one.
    func writeAlias(
        endpoint: JSONValue?, contact: ByteView, customer: ByteView?, at time: Timestamp, into batch: MutationBatch
    ) {
        guard let aliases, let endpoint, endpoint.isObject, let type = known(endpoint.fact("type")),
            let address = known(endpoint.fact("address"))
        else { return }
        if type.equals("TELEPHONE_NUMBER") {
            write(aliases, .phone, address, contact: contact, customer: customer, at: time, into: batch)
        } else if type.equals("EMAIL_ADDRESS") {
            write(aliases, .email, address, contact: contact, customer: customer, at: time, into: batch)
        }
    }

    /// What an application tells a customer to be known by: a text, or a list of texts.
    func writeAliases(
        ofMember name: ByteView, _ told: JSONValue, customer: ByteView, at time: Timestamp, into batch: MutationBatch
    ) {
        guard let aliases, let type = AliasType.allCases.first(where: { name.equals($0.name) }) else { return }
        guard told.isArray else {
            if let text = known(told) { write(aliases, type, text, contact: nil, customer: customer, at: time, into: batch) }
            return
        }
        for element in told.elements.prefix(RecordDecoder.identitiesMax) {
            if let text = known(element) { write(aliases, type, text, contact: nil, customer: customer, at: time, into: batch) }
        }
    }

    private func write(
        _ aliases: AliasKey, _ type: AliasType, _ identity: ByteView, contact: ByteView?, customer: ByteView?,
        at time: Timestamp,
        into batch: MutationBatch
    ) {
        aliasID.removeAll()
        guard aliases.appendID(type, identity, scratch: &value, to: &aliasID) else {
            batch.countWithoutAlias()
            return
        }
        batch.mutate(.alias, aliasID.bytes) { buffer, entity in
            if let contact { write(&buffer, &entity, "contacts", contact, at: time) }
            if let customer { write(&buffer, &entity, "customers", customer, at: time) }
        }
    }

    /// Stamped by the time alone, so that what a contact's events repeat changes nothing.
    private func write(
        _ buffer: inout ByteBuffer, _ entity: inout EntityWriter, _ path: StaticString, _ member: ByteView, at time: Timestamp
    ) {
        value.removeAll()
        value.appendJSONString(member)
        guard member.count <= EntityKind.idLengthMax, value.count <= RecordDecoder.memberLengthMax else { return }
        entity.unionMember(
            &buffer, path, capacity: RecordDecoder.aliasMembersMax, stamp: Stamp(time: time), value: value.bytes)
    }
}
