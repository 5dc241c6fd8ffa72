import JSON
import Lattice
import Platform

/// The members of a contact event's detail that few consumers read and people ask for, whichever way they are spelled. Gathered
/// beside what makes the contact's life. Source: AG+ contact-events; DATA_MODEL section 3.3.
struct ContactEventFacts {
    var answeringMachineStatus: JSONValue?
    var campaign: JSONValue?
    var customerEndpoint: JSONValue?
    var evaluations: JSONValue?
    var globalResiliency: JSONValue?
    var recordings: JSONValue?
    var routingCriteria: JSONValue?
    var scheduled: JSONValue?
    var segmentAttributes: JSONValue?
    var systemEndpoint: JSONValue?
    var tags: JSONValue?
    // Of the queue.
    var dequeued: JSONValue?
    var queueType: JSONValue?
    // Of the agent.
    var accepted: JSONValue?
    var afterContactWorkEnded: JSONValue?
    var afterContactWorkSeconds: JSONValue?
    var afterContactWorkStarted: JSONValue?
    var holdSeconds: JSONValue?
    var previewEnded: JSONValue?

    /// A member of the detail itself.
    @inline(__always)
    mutating func take(_ name: ByteView, _ value: JSONValue, _ isAmbiguous: inout Bool) {
        switch name.count {
        case 4: if name.equalsIgnoringCase("tags") { ContactEventFacts.set(&tags, value, &isAmbiguous) }
        case 8: if name.equalsIgnoringCase("campaign") { ContactEventFacts.set(&campaign, value, &isAmbiguous) }
        case 10: if name.equalsIgnoringCase("recordings") { ContactEventFacts.set(&recordings, value, &isAmbiguous) }
        case 14: if name.equalsIgnoringCase("systemendpoint") { ContactEventFacts.set(&systemEndpoint, value, &isAmbiguous) }
        case 15: if name.equalsIgnoringCase("routingcriteria") { ContactEventFacts.set(&routingCriteria, value, &isAmbiguous) }
        case 16:
            if name.equalsIgnoringCase("customerendpoint") { ContactEventFacts.set(&customerEndpoint, value, &isAmbiguous) }
        case 17:
            if name.equalsIgnoringCase("segmentattributes") { ContactEventFacts.set(&segmentAttributes, value, &isAmbiguous) }
        case 18:
            if name.equalsIgnoringCase("scheduledtimestamp") {
                ContactEventFacts.set(&scheduled, value, &isAmbiguous)
            } else if name.equalsIgnoringCase("contactevaluations") {
                ContactEventFacts.set(&evaluations, value, &isAmbiguous)
            }
        case 24:
            if name.equalsIgnoringCase("globalresiliencymetadata") {
                ContactEventFacts.set(&globalResiliency, value, &isAmbiguous)
            }
        case 31:
            if name.equalsIgnoringCase("answeringmachinedetectionstatus") {
                ContactEventFacts.set(&answeringMachineStatus, value, &isAmbiguous)
            }
        default: break
        }
    }

    /// A member of `queueInfo`.
    @inline(__always)
    mutating func takeQueue(_ name: ByteView, _ value: JSONValue, _ isAmbiguous: inout Bool) {
        if name.equalsIgnoringCase("queuetype") {
            ContactEventFacts.set(&queueType, value, &isAmbiguous)
        } else if name.equalsIgnoringCase("dequeuetimestamp") {
            ContactEventFacts.set(&dequeued, value, &isAmbiguous)
        }
    }

    /// A member of `agentInfo`.
    @inline(__always)
    mutating func takeAgent(_ name: ByteView, _ value: JSONValue, _ isAmbiguous: inout Bool) {
        switch name.count {
        case 19: if name.equalsIgnoringCase("previewendtimestamp") { ContactEventFacts.set(&previewEnded, value, &isAmbiguous) }
        case 24:
            if name.equalsIgnoringCase("aftercontactworkduration") {
                ContactEventFacts.set(&afterContactWorkSeconds, value, &isAmbiguous)
            } else if name.equalsIgnoringCase("acceptedbyagenttimestamp") {
                ContactEventFacts.set(&accepted, value, &isAmbiguous)
            }
        case 26:
            if name.equalsIgnoringCase("agentinitiatedholdduration") {
                ContactEventFacts.set(&holdSeconds, value, &isAmbiguous)
            }
        case 28:
            if name.equalsIgnoringCase("aftercontactworkendtimestamp") {
                ContactEventFacts.set(&afterContactWorkEnded, value, &isAmbiguous)
            }
        case 30:
            if name.equalsIgnoringCase("aftercontactworkstarttimestamp") {
                ContactEventFacts.set(&afterContactWorkStarted, value, &isAmbiguous)
            }
        default: break
        }
    }

    /// Which of two members of one name counts must not depend on their order: such a detail is read again in its canonical form.
    @inline(__always)
    static func set(_ member: inout JSONValue?, _ value: JSONValue, _ isAmbiguous: inout Bool) {
        if member != nil { isAmbiguous = true }
        member = value
    }
}

extension JSONValue {
    /// The member of this name, given in lower case, whichever way it is spelled. Of several spellings camelCase, which is the
    /// greatest by its bytes; of one spelling the last.
    func fact(_ lowercased: StaticString) -> JSONValue? {
        var found: (name: ByteView, value: JSONValue)?
        for (name, value) in members where name.equalsIgnoringCase(lowercased) {
            if let found, name.compare(found.name) < 0 { continue }
            found = (name, value)
        }
        return found?.value
    }
}

/// How those members become registers.
extension RecordDecoder {
    /// A document that is replaced as a whole, where it says something: an object or a list that is not empty.
    @inline(__always)
    func write(
        _ buffer: inout ByteBuffer, _ entity: inout EntityWriter, _ path: StaticString, document: JSONValue?, _ stamp: Stamp
    ) {
        guard let document, document.isObject || document.isArray, document.bytes.count > 2 else { return }
        entity.beginRegister(&buffer, path, segment: nil, rule: .lastWriterWins, stamp: stamp)
        document.appendCanonical(to: &buffer)
        entity.endRegister(&buffer)
    }

    /// A count of seconds: a number without sign, fraction or exponent.
    @inline(__always)
    func write(
        _ buffer: inout ByteBuffer, _ entity: inout EntityWriter, _ path: StaticString, seconds: JSONValue?, _ stamp: Stamp
    ) {
        guard let seconds, seconds.kind == .number, seconds.bytes.count <= 12 else { return }
        for byte in seconds.bytes where byte < UInt8(ascii: "0") || byte > UInt8(ascii: "9") { return }
        entity.lastWriterWins(&buffer, path, stamp: stamp, value: seconds.bytes)
    }

    /// A time that may be moved to an earlier one, so that the event's stamp decides and not the time.
    func write(
        _ buffer: inout ByteBuffer, _ entity: inout EntityWriter, _ path: StaticString, moment: JSONValue?, _ stamp: Stamp
    ) {
        guard let time = milestone(moment) else { return }
        entity.beginRegister(&buffer, path, segment: nil, rule: .lastWriterWins, stamp: stamp)
        buffer.append("\"")
        time.append(to: &buffer)
        buffer.append("\"")
        entity.endRegister(&buffer)
    }

    /// Whom to call back, or which number was called.
    func write(
        _ buffer: inout ByteBuffer, _ entity: inout EntityWriter, _ path: StaticString, endpoint: JSONValue?, _ stamp: Stamp
    ) {
        guard let endpoint, known(endpoint.fact("address")) != nil else { return }
        entity.beginRegister(&buffer, path, segment: nil, rule: .lastWriterWins, stamp: stamp)
        append("{\"address\":", endpoint.fact("address"), to: &buffer)
        append(",\"type\":", endpoint.fact("type"), to: &buffer)
        buffer.append("}")
        entity.endRegister(&buffer)
    }

    /// Where a contact began and where it is now: one fact, since a Region alone would say nothing of when it was so.
    func write(_ buffer: inout ByteBuffer, _ entity: inout EntityWriter, resiliency: JSONValue?, _ stamp: Stamp) {
        guard let resiliency else { return }
        let active = resiliency.fact("activeregion")
        let origin = resiliency.fact("originregion")
        guard known(active) != nil || known(origin) != nil else { return }
        entity.beginRegister(&buffer, "event/globalResiliency", segment: nil, rule: .lastWriterWins, stamp: stamp)
        append("{\"activeRegion\":", active, to: &buffer)
        append(",\"originRegion\":", origin, to: &buffer)
        append(",\"trafficDistributionGroupId\":", resiliency.fact("trafficdistributiongroupid"), to: &buffer)
        buffer.append("}")
        entity.endRegister(&buffer)
    }

    /// Where the recordings lie, and no more of them.
    func write(_ buffer: inout ByteBuffer, _ entity: inout EntityWriter, recordings: JSONValue?, _ stamp: Stamp) {
        guard let recordings, recordings.elements.contains(where: { known($0.fact("location")) != nil }) else { return }
        entity.beginRegister(&buffer, "event/recordings", segment: nil, rule: .lastWriterWins, stamp: stamp)
        var isFirst = true
        for recording in recordings.elements {
            let location = recording.fact("location")
            guard known(location) != nil else { continue }
            append(isFirst ? "[{\"location\":" : ",{\"location\":", location, to: &buffer)
            isFirst = false
            append(",\"mediaStreamType\":", recording.fact("mediastreamtype"), to: &buffer)
            append(",\"participantType\":", recording.fact("participanttype"), to: &buffer)
            append(",\"status\":", recording.fact("status"), to: &buffer)
            buffer.append("}")
        }
        buffer.append("]")
        entity.endRegister(&buffer)
    }

    /// A text member, `null` where it is unknown.
    @inline(__always)
    func append(_ opening: StaticString, _ value: JSONValue?, to out: inout ByteBuffer) {
        out.append(opening)
        if let text = known(value) { out.appendJSONString(text) } else { out.append("null") }
    }
}
