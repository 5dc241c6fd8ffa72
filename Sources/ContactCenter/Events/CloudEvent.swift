import JSON
import Lattice
import Platform

/// The facts that Amazon Connect does not emit, as CloudEvents 1.0: `docs/merge.md`, schemas under `docs/schemas`.
extension RecordDecoder {
    func decodeCloudEvent(
        _ root: JSONValue, _ top: TopLevel, arrival: Timestamp?, into batch: MutationBatch
    ) throws(Refusal) {
        guard let typeName = known(top.type), let type = CloudEventType(typeName) else {
            countUnknown(root, arrival: arrival, into: batch)
            return
        }
        guard let time = moment(top.time) else { throw Refusal(.noStamp, "a CloudEvent without a valid time") }
        let subject = try identity(top.subject, "a CloudEvent without a subject")
        guard let data = top.data, data.isObject else {
            throw Refusal(.badEnvelope, "a CloudEvent whose data is not a JSON object")
        }
        let unique = try uniqueMembers(of: data)
        for (name, _) in unique.members
        where name.count > RecordDecoder.nameLengthMax && unescapedName(name).count > RecordDecoder.nameLengthMax {
            throw Refusal(.tooLong, "a member of data whose name is longer than 1,024 bytes")
        }
        try admit(type.counted, time, arrival: arrival, into: batch)

        let region = known(top.region).map(ConnectARN.region) ?? RecordDecoder.empty
        let stamp = Stamp(time: time, region: region, id: packID(known(top.id) ?? RecordDecoder.empty))
        batch.mutate(type.kind, subject) { buffer, entity in
            for (spelled, json) in unique.members {
                let name = unescapedName(spelled)
                if json.isNull {
                    entity.tombstone(&buffer, type.prefix, segment: name, stamp: stamp)
                    continue
                }
                entity.beginRegister(&buffer, type.prefix, segment: name, rule: .lastWriterWins, stamp: stamp)
                json.appendCanonical(to: &buffer)
                entity.endRegister(&buffer)
            }
        }
        guard aliases != nil, type.counted == .customer else { return }
        for (spelled, json) in unique.members {
            writeAliases(ofMember: unescapedName(spelled), json, customer: subject, at: time, into: batch)
        }
    }

    /// The object with each name once: itself where it is canonical, else its canonical form, written to ``record`` and read again.
    func uniqueMembers(of data: JSONValue) throws(Refusal) -> JSONValue {
        if data.isCanonical { return data }
        record.removeAll()
        data.appendCanonical(to: &record)
        do {
            return try dataParser.parse(record.bytes).root
        } catch {
            throw Refusal(error)
        }
    }

    /// What a member's name means. Documents with escaped keys arrive here in canonical form, so few are left.
    private func unescapedName(_ spelled: ByteView) -> ByteView {
        guard spelled.firstOffset(of: UInt8(ascii: "\\")) != nil else { return spelled }
        var text = ByteBuffer(capacity: spelled.count)
        JSONValue.appendUnescaped(name: spelled, to: &text)
        return strings.hold(text.bytes)
    }
}

private struct CloudEventType {
    var kind: EntityKind
    var prefix: StaticString
    var counted: EventType

    init?(_ name: ByteView) {
        if name.equals("converge.session.v1") {
            (kind, prefix, counted) = (.session, "field/", .session)
        } else if name.equals("converge.customer.v1") {
            (kind, prefix, counted) = (.customer, "field/", .customer)
        } else if name.equals("converge.authentication.v1") {
            (kind, prefix, counted) = (.customer, "authentication/", .authentication)
        } else if name.equals("converge.flow.v1") {
            (kind, prefix, counted) = (.flow, "field/", .flow)
        } else if name.equals("converge.queue.v1") {
            (kind, prefix, counted) = (.queue, "field/", .queue)
        } else {
            return nil
        }
    }
}
