import JSON
import Lattice
import Platform

/// What Amazon Connect tells by EventBridge beside contact events: rules of Contact Lens that matched, analyses that failed,
/// evaluations that could not be handed in or exported. `docs/merge.md` says what of it is kept. Sources: EventBridge's reference,
/// events-ref-connect; AG contact-lens-rules-eventbridge-event and contact-lens-error-notifications.
extension RecordDecoder {
    /// Rules that a contact keeps.
    static let rulesMax = 64

    /// Decodes one. False where it is none of them.
    func decodeNotice(
        _ detail: JSONValue, _ top: TopLevel, arrival: Timestamp?, into batch: MutationBatch
    ) throws(Refusal) -> Bool {
        guard let type = known(top.detailType).flatMap({ ConnectNotice($0) }) else { return false }
        guard let time = milestone(top.time) else {
            throw Refusal(.noStamp, "an event of Amazon Connect without a valid time")
        }
        let contact = try contactID(of: type, in: detail)
        try admit(type.counted, time, arrival: arrival, into: batch)
        guard let contact else { return true }
        if type == .ruleMatched {
            guard let rule = known(detail.fact("rulename")) else { return true }
            value.removeAll()
            value.appendJSONString(rule)
            guard value.count <= RecordDecoder.memberLengthMax else { return true }
            batch.mutate(.contact, contact) { buffer, entity in
                entity.unionMember(
                    &buffer, "analysis/rules", capacity: RecordDecoder.rulesMax, stamp: Stamp(time: time), value: value.bytes)
            }
            return true
        }
        let instance = known(detail.fact("instance")).flatMap { ConnectARN($0) }.flatMap { $0.region.isEmpty ? nil : $0.region }
        let stamp = Stamp(
            time: time, region: instance ?? known(top.region).map(ConnectARN.region) ?? RecordDecoder.empty,
            id: packID(known(top.id) ?? RecordDecoder.empty))
        batch.mutate(.contact, contact) { buffer, entity in
            entity.beginRegister(&buffer, "analysis/state", segment: nil, rule: .lastWriterWins, stamp: stamp)
            append("{\"reason\":", detail.fact("reasoncode"), to: &buffer)
            append(",\"state\":", detail.fact("state"), to: &buffer)
            buffer.append("}")
            entity.endRegister(&buffer)
        }
        return true
    }

    /// The contact that a notice tells of; nil of those that are only counted.
    private func contactID(of type: ConnectNotice, in detail: JSONValue) throws(Refusal) -> ByteView? {
        guard type == .ruleMatched || type == .analysisState else { return nil }
        let text = known(detail.fact("contactarn") ?? detail.fact("contact"))
        guard let text, let arn = ConnectARN(text), arn.kind.equals("contact"), !arn.resource.isEmpty else {
            throw Refusal(.noIdentity, "a Contact Lens notification without the ARN of a contact")
        }
        guard arn.resource.count <= EntityKind.idLengthMax else { throw Refusal(.tooLong, "an id longer than 1,024 bytes") }
        return arn.resource
    }
}

/// By `detail-type`.
private enum ConnectNotice {
    case analysisState, ruleMatched, metricRuleMatched, ruleActionFailed, evaluationFailed

    init?(_ name: ByteView) {
        if name.equals("Contact Lens Analysis State Change") {
            self = .analysisState
        } else if name.equals("Metrics Rules Matched") {
            self = .metricRuleMatched
        } else if name.equals("Amazon Connect Rules Action Execution Failed") {
            self = .ruleActionFailed
        } else if name.equals("Contact Lens Automated Evaluation Submission Failed")
            || name.equals("Contact Lens Evaluation Export Failed")
        {
            self = .evaluationFailed
        } else if ConnectNotice.isRule(name) {
            self = .ruleMatched
        } else {
            return nil
        }
    }

    /// `Contact Lens Post Call Rules Matched` and its sisters for real time, chat, mail, after-call work and evaluations; also
    /// the older `Rule for Contact Lens Post Call Matched`.
    private static func isRule(_ name: ByteView) -> Bool {
        func begins(_ text: StaticString) -> Bool {
            name.count >= text.utf8CodeUnitCount && name.slice(0, text.utf8CodeUnitCount).equals(text)
        }
        func ends(_ text: StaticString) -> Bool {
            let length = text.utf8CodeUnitCount
            return name.count >= length && name.slice(name.count - length, length).equals(text)
        }
        return begins("Contact Lens ") && ends(" Rules Matched") || begins("Rule for Contact Lens ") && ends(" Matched")
    }

    var counted: EventType {
        switch self {
        case .analysisState: .analysisStateChange
        case .ruleMatched, .metricRuleMatched: .rulesMatched
        case .ruleActionFailed: .ruleActionFailed
        case .evaluationFailed: .evaluationFailed
        }
    }
}
