import JSON
import Lattice
import Platform

/// The projection of a customer: what applications have told, and the contacts that named the customer.
struct CustomerState {
    private var contacts: [UnionView.Member] = []
    private var newest = NewestStamp()
    private var lastContact: RegisterView?

    mutating func append(
        _ entity: EntityView, names: inout NamedRegisters, parser: JSONParser, to out: inout ByteBuffer
    ) {
        read(entity)
        out.append("{\"authentication\":")
        CustomerState.gather("authentication/", of: entity, &names)
        names.appendFields(to: &out)
        out.append(",\"contacts\":")
        appendContacts(to: &out)
        out.append(",\"fields\":")
        CustomerState.gather("field/", of: entity, &names)
        names.appendFields(to: &out)
        out.append(",\"lastContact\":")
        appendLastContact(lastContact, parser: parser, to: &out)
        newest.appendMembers(to: &out)
        out.append("}")
    }

    /// Contacts that a row shows beside the last one.
    private static let contactsShownMax = 8

    /// As a row shows it: of the contacts the latest.
    mutating func appendLean(
        _ entity: EntityView, names: inout NamedRegisters, _ notes: inout LeanNotes, parser: JSONParser,
        to out: inout ByteBuffer
    ) {
        read(entity)
        let last = lastContact?.object(parser)
        let lastId = last?.member("contactId")?.toldText
        out.append("{")
        newest.appendLean(to: &out)
        CustomerState.gather("authentication/", of: entity, &names)
        names.appendLean("authentication", &notes, to: &out)
        out.appendLeanList("contacts") { out in
            var rest = CustomerState.contactsShownMax
            for contact in contacts where contact.isText && !(lastId?.equals(contact.value) ?? false) {
                guard rest > 0 else { return notes.leaveOut("contacts") }
                rest -= 1
                out.appendLeanComma()
                out.append(contact.value)
            }
        }
        if let last {
            out.appendLeanObject("lastContact") { out in
                out.appendLean("agentId", last.member("agentId")?.toldText)
                out.appendLean("at", last.member("at")?.toldTime)
                out.appendLean("contactId", lastId)
            }
        }
        CustomerState.gather("field/", of: entity, &names)
        names.appendLean("fields", &notes, to: &out)
        notes.append(to: &out)
        out.append("}")
    }

    private static func gather(_ prefix: StaticString, of entity: EntityView, _ names: inout NamedRegisters) {
        names.begin(entity)
        for register in entity {
            if let name = register.segment(after: prefix) { names.add(name, register) }
        }
    }

    /// Contacts newest first; of one moment by id.
    private mutating func read(_ entity: EntityView) {
        contacts.removeAll(keepingCapacity: true)
        newest = NewestStamp()
        lastContact = nil
        for register in entity {
            if register.path.equals("contacts") {
                contacts.append(contentsOf: register.members)
            } else if register.path.equals("lastContact/event") || register.path.equals("lastContact/record") {
                newest.take(register.stamp)
                // The record's path is the greater one, so it comes second and wins where the measures are equal.
                if !register.isTombstone, register.measure >= lastContact?.measure ?? .min { lastContact = register }
            } else if register.segment(after: "authentication/") != nil || register.segment(after: "field/") != nil {
                newest.take(register.stamp)
            }
        }
        contacts.sort { a, b in
            a.stamp.time != b.stamp.time ? a.stamp.time > b.stamp.time : a.value.compare(b.value) < 0
        }
    }

    private func appendContacts(to out: inout ByteBuffer) {
        out.append("[")
        var first = true
        for contact in contacts where contact.isText {
            if !first { out.append(",") }
            first = false
            out.append(contact.value)
        }
        out.append("]")
    }

    private func appendLastContact(_ register: RegisterView?, parser: JSONParser, to out: inout ByteBuffer) {
        guard let root = register?.object(parser) else { return out.append("null") }
        out.append("{\"agentId\":")
        out.appendOrNull(root.member("agentId")?.toldText)
        out.append(",\"at\":")
        out.appendOrNull(root.member("at")?.toldTime)
        out.append(",\"contactId\":")
        out.appendOrNull(root.member("contactId")?.toldText)
        out.append("}")
    }
}

extension UnionView.Member {
    /// Whether the value is a string that says something.
    var isText: Bool { value.count > 2 && value[0] == UInt8(ascii: "\"") }
}
