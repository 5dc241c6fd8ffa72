import JSON
import Lattice
import Platform

/// The parts of a contact's projection that are objects and lists of their own. Each comes from the record where that says
/// something, else from contact events.
extension ContactState {
    /// What the work of the agent took; null where nothing is known of it.
    func appendAgentWork(to out: inout ByteBuffer) {
        let agent = record?.members.agent
        let start = out.count
        var isKnown = false
        func number(_ name: StaticString, _ value: ByteView?) {
            out.append(name)
            out.appendOrNull(value)
            if value != nil { isKnown = true }
        }
        func moment(_ name: StaticString, _ value: Timestamp?) {
            out.append(name)
            out.appendOrNull(value)
            if value != nil { isKnown = true }
        }
        moment("{\"acceptedAt\":", agent?.member("AcceptedByAgentTimestamp")?.toldTime ?? time(of: "ACCEPTED_BY_AGENT"))
        moment(
            ",\"afterContactWorkEndedAt\":",
            agent?.member("AfterContactWorkEndTimestamp")?.toldTime ?? time(of: "AFTER_CONTACT_WORK_ENDED"))
        number(
            ",\"afterContactWorkSeconds\":",
            agent?.member("AfterContactWorkDuration")?.toldNumber ?? event.afterContactWorkSeconds)
        moment(
            ",\"afterContactWorkStartedAt\":",
            agent?.member("AfterContactWorkStartTimestamp")?.toldTime ?? time(of: "AFTER_CONTACT_WORK_STARTED"))
        number(",\"customerHoldSeconds\":", agent?.member("CustomerHoldDuration")?.toldNumber)
        number(",\"holdSeconds\":", agent?.member("AgentInitiatedHoldDuration")?.toldNumber ?? event.holdSeconds)
        number(",\"holds\":", agent?.member("NumberOfHolds")?.toldNumber)
        number(",\"interactionSeconds\":", agent?.member("AgentInteractionDuration")?.toldNumber)
        number(",\"longestHoldSeconds\":", agent?.member("LongestHoldDuration")?.toldNumber)
        moment(",\"previewEndedAt\":", agent?.member("PreviewEndTimestamp")?.toldTime ?? time(of: "PREVIEW_ENDED"))
        out.append("}")
        if !isKnown {
            out.truncate(to: start)
            out.append("null")
        }
    }

    /// Why Contact Lens could not analyse the contact.
    func appendAnalysis(_ parser: JSONParser, to out: inout ByteBuffer) {
        guard let analysis, let root = analysis.object(parser) else { return out.append("null") }
        out.append("{\"at\":")
        out.appendOrNull(analysis.stamp.time)
        out.append(",\"reason\":")
        out.appendOrNull(root.member("reason")?.toldText)
        out.append(",\"state\":")
        out.appendOrNull(root.member("state")?.toldText)
        out.append("}")
    }

    func appendEndpoint(_ told: JSONValue?, else event: ByteView?, to out: inout ByteBuffer) {
        guard let told, let address = told.member("Address")?.toldText else { return out.appendOrNull(event) }
        out.append("{\"address\":")
        out.append(address)
        out.append(",\"type\":")
        out.appendOrNull(told.member("Type")?.toldText)
        out.append("}")
    }

    /// By the id of the form. The record and contact events spell the members differently.
    func appendEvaluations(_ parser: JSONParser, to out: inout ByteBuffer) {
        out.append("{")
        var isFirst = true
        for (form, evaluation) in members(of: record?.members.contactEvaluations, else: event.evaluations, parser) {
            if !isFirst { out.append(",") }
            isFirst = false
            out.append("\"")
            out.append(form)
            out.append("\":{\"arn\":")
            out.appendOrNull(evaluation.fact("evaluationarn")?.toldText)
            out.append(",\"deletedAt\":")
            out.appendOrNull(evaluation.fact("deletetimestamp")?.toldTime)
            out.append(",\"endedAt\":")
            out.appendOrNull(evaluation.fact("endtimestamp")?.toldTime)
            out.append(",\"exportLocation\":")
            out.appendOrNull(evaluation.fact("exportlocation")?.toldText)
            out.append(",\"startedAt\":")
            out.appendOrNull(evaluation.fact("starttimestamp")?.toldTime)
            out.append(",\"status\":")
            out.appendOrNull(evaluation.fact("status")?.toldText)
            out.append("}")
        }
        out.append("}")
    }

    /// By name, without the object that says of which type a value is (`{"ValueString":..}`, `{"valueInteger":..}`).
    func appendSegmentAttributes(_ parser: JSONParser, to out: inout ByteBuffer) {
        out.append("{")
        var isFirst = true
        for (name, value) in members(of: record?.members.segmentAttributes, else: event.segmentAttributes, parser) {
            if !isFirst { out.append(",") }
            isFirst = false
            out.append("\"")
            out.append(name)
            out.append("\":")
            if value.isObject {
                out.appendOrNull(value.members.first { !$0.value.isNull }?.value.bytes)
            } else {
                out.append(value.bytes)
            }
        }
        out.append("}")
    }

    /// The members of an object of the record, or of an event's register where the record has none or an empty one.
    private func members(
        of told: JSONValue?, else register: RegisterView?, _ parser: JSONParser
    ) -> [(ByteView, JSONValue)] {
        let told = told.map { $0.members.map { ($0.name, $0.value) } } ?? []
        if !told.isEmpty { return told }
        return register?.object(parser)?.members.map { ($0.name, $0.value) } ?? []
    }

    /// Where they lie: `Recordings`, or the one `Recording` of older records.
    func appendRecordings(to out: inout ByteBuffer) {
        let all = record?.members.recordings?.elements.filter { $0.member("Location")?.toldText != nil } ?? []
        let one = record?.members.recording.flatMap { $0.member("Location")?.toldText == nil ? nil : $0 }
        let told = all.isEmpty ? one.map { [$0] } ?? [] : all
        guard !told.isEmpty else {
            if let recordings = event.recordings { out.append(recordings) } else { out.append("[]") }
            return
        }
        out.append("[")
        for (index, recording) in told.enumerated() {
            out.append(index == 0 ? "{\"location\":" : ",{\"location\":")
            out.appendOrNull(recording.member("Location")?.toldText)
            out.append(",\"mediaStreamType\":")
            out.appendOrNull(recording.member("MediaStreamType")?.toldText ?? recording.member("Type")?.toldText)
            out.append(",\"participantType\":")
            out.appendOrNull(recording.member("ParticipantType")?.toldText)
            out.append(",\"status\":")
            out.appendOrNull(recording.member("Status")?.toldText)
            out.append("}")
        }
        out.append("]")
    }

    /// What a task or a mail refers to.
    func appendReferences(to out: inout ByteBuffer) {
        out.append("[")
        var isFirst = true
        if let references = record?.members.references {
            for reference in references.elements where reference.isObject {
                out.append(isFirst ? "{\"name\":" : ",{\"name\":")
                isFirst = false
                out.appendOrNull(reference.member("Name")?.toldText)
                out.append(",\"type\":")
                out.appendOrNull(reference.member("Type")?.toldText)
                out.append(",\"value\":")
                out.appendOrNull(reference.member("Value")?.toldText)
                out.append("}")
            }
        }
        out.append("]")
    }
}
