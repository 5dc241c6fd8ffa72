/// What an event is, for counting. The names are part of the output contract (`docs/state.md`).
public enum EventType: Int, CaseIterable, Sendable {
    case agentHeartBeat, agentStateChange, agentLogin, agentLogout, agentOther
    case contactInitiated, contactConnectedToSystem, contactQueued, contactConnectedToAgent, contactDisconnected
    case contactCompleted, contactDataUpdated, contactPaused, contactResumed, contactOther
    case record, flowLog
    case lensStarted, lensSegments, lensCompleted, lensFailed, lensOther
    case analysisStateChange, rulesMatched, ruleActionFailed, evaluationFailed
    case session, customer, authentication, flow, queue
    case state

    public var name: String {
        switch self {
        case .agentHeartBeat: "agent.HEART_BEAT"
        case .agentStateChange: "agent.STATE_CHANGE"
        case .agentLogin: "agent.LOGIN"
        case .agentLogout: "agent.LOGOUT"
        case .agentOther: "agent.other"
        case .contactInitiated: "contact.INITIATED"
        case .contactConnectedToSystem: "contact.CONNECTED_TO_SYSTEM"
        case .contactQueued: "contact.QUEUED"
        case .contactConnectedToAgent: "contact.CONNECTED_TO_AGENT"
        case .contactDisconnected: "contact.DISCONNECTED"
        case .contactCompleted: "contact.COMPLETED"
        case .contactDataUpdated: "contact.CONTACT_DATA_UPDATED"
        case .contactPaused: "contact.PAUSED"
        case .contactResumed: "contact.RESUMED"
        case .contactOther: "contact.other"
        case .record: "record"
        case .flowLog: "flow-log"
        case .lensStarted: "contact-lens.STARTED"
        case .lensSegments: "contact-lens.SEGMENTS"
        case .lensCompleted: "contact-lens.COMPLETED"
        case .lensFailed: "contact-lens.FAILED"
        case .lensOther: "contact-lens.other"
        case .analysisStateChange: "notice.ANALYSIS_STATE_CHANGE"
        case .rulesMatched: "notice.RULES_MATCHED"
        case .ruleActionFailed: "notice.RULE_ACTION_FAILED"
        case .evaluationFailed: "notice.EVALUATION_FAILED"
        case .session: "converge.session.v1"
        case .customer: "converge.customer.v1"
        case .authentication: "converge.authentication.v1"
        case .flow: "converge.flow.v1"
        case .queue: "converge.queue.v1"
        case .state: "state"
        }
    }
}
