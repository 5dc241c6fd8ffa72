import JSON
import Lattice
import Platform

/// The projection of a customer: what applications have told, and the contacts that named the customer.
struct CustomerState {
    private var contacts: [UnionView.Member] = []

    mutating func append(
        _ entity: EntityView, names: inout NamedRegisters, parser: JSONParser, to out: inout ByteBuffer
    ) {
        var newest = NewestStamp()
        var lastContact: RegisterView?
        contacts.removeAll(keepingCapacity: true)
        names.begin(entity)
        for register in entity {
            if let name = register.segment(after: "authentication/") {
                names.add(name, register)
                newest.take(register.stamp)
            } else if register.path.equals("contacts") {
                contacts.append(contentsOf: register.members)
            } else if register.path.equals("lastContact/event") || register.path.equals("lastContact/record") {
                newest.take(register.stamp)
                // The record's path is the greater one, so it comes second and wins where the measures are equal.
                if !register.isTombstone, register.measure >= lastContact?.measure ?? .min { lastContact = register }
            }
        }
        out.append("{\"authentication\":")
        names.appendFields(to: &out)
        out.append(",\"contacts\":")
        appendContacts(to: &out)
        out.append(",\"fields\":")
        names.begin(entity)
        for register in entity {
            guard let name = register.segment(after: "field/") else { continue }
            names.add(name, register)
            newest.take(register.stamp)
        }
        names.appendFields(to: &out)
        out.append(",\"lastContact\":")
        appendLastContact(lastContact, parser: parser, to: &out)
        newest.appendMembers(to: &out)
        out.append("}")
    }

    /// Newest first; of one moment by id.
    private mutating func appendContacts(to out: inout ByteBuffer) {
        contacts.sort { a, b in
            a.stamp.time != b.stamp.time ? a.stamp.time > b.stamp.time : a.value.compare(b.value) < 0
        }
        out.append("[")
        var first = true
        for contact in contacts where contact.value.count > 2 && contact.value[0] == UInt8(ascii: "\"") {
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
