import JSON
import Platform

/// The members of a contact record that the contact projection looks at, gathered in one pass: a record has some fifty.
struct RecordMembers {
    private(set) var agent: JSONValue?
    private(set) var agentConnectionAttempts: JSONValue?
    private(set) var answeringMachineDetectionStatus: JSONValue?
    private(set) var attributes: JSONValue?
    private(set) var campaign: JSONValue?
    private(set) var channel: JSONValue?
    private(set) var connectedToSystemTimestamp: JSONValue?
    private(set) var contactEvaluations: JSONValue?
    private(set) var customerEndpoint: JSONValue?
    private(set) var disconnectReason: JSONValue?
    private(set) var disconnectTimestamp: JSONValue?
    private(set) var globalResiliencyMetadata: JSONValue?
    private(set) var initialContactId: JSONValue?
    private(set) var initiationMethod: JSONValue?
    private(set) var initiationTimestamp: JSONValue?
    private(set) var lastUpdateTimestamp: JSONValue?
    private(set) var nextContactId: JSONValue?
    private(set) var previousContactId: JSONValue?
    private(set) var queue: JSONValue?
    private(set) var recording: JSONValue?
    private(set) var recordings: JSONValue?
    private(set) var references: JSONValue?
    private(set) var relatedContactId: JSONValue?
    private(set) var routingCriteria: JSONValue?
    private(set) var scheduledTimestamp: JSONValue?
    private(set) var segmentAttributes: JSONValue?
    private(set) var systemEndpoint: JSONValue?
    private(set) var tags: JSONValue?
    private(set) var transferredToEndpoint: JSONValue?

    /// Valid as long as the record's document.
    init(_ record: JSONValue) {
        for (name, value) in record.members { take(name, value) }
    }

    /// Sorted out by length first, as in ``TopLevel``.
    @inline(__always)
    private mutating func take(_ name: ByteView, _ value: JSONValue) {
        switch name.count {
        case 4: if name.equals("Tags") { tags = value }
        case 5: if name.equals("Agent") { agent = value } else if name.equals("Queue") { queue = value }
        case 7: if name.equals("Channel") { channel = value }
        case 8: if name.equals("Campaign") { campaign = value }
        case 9: if name.equals("Recording") { recording = value }
        case 10:
            if name.equals("Attributes") {
                attributes = value
            } else if name.equals("Recordings") {
                recordings = value
            } else if name.equals("References") {
                references = value
            }
        case 13: if name.equals("NextContactId") { nextContactId = value }
        case 14: if name.equals("SystemEndpoint") { systemEndpoint = value }
        case 15: if name.equals("RoutingCriteria") { routingCriteria = value }
        case 16:
            if name.equals("CustomerEndpoint") {
                customerEndpoint = value
            } else if name.equals("DisconnectReason") {
                disconnectReason = value
            } else if name.equals("InitialContactId") {
                initialContactId = value
            } else if name.equals("InitiationMethod") {
                initiationMethod = value
            } else if name.equals("RelatedContactId") {
                relatedContactId = value
            }
        case 17:
            if name.equals("PreviousContactId") {
                previousContactId = value
            } else if name.equals("SegmentAttributes") {
                segmentAttributes = value
            }
        case 18:
            if name.equals("ContactEvaluations") {
                contactEvaluations = value
            } else if name.equals("ScheduledTimestamp") {
                scheduledTimestamp = value
            }
        case 19:
            if name.equals("DisconnectTimestamp") {
                disconnectTimestamp = value
            } else if name.equals("InitiationTimestamp") {
                initiationTimestamp = value
            } else if name.equals("LastUpdateTimestamp") {
                lastUpdateTimestamp = value
            }
        case 21: if name.equals("TransferredToEndpoint") { transferredToEndpoint = value }
        case 23: if name.equals("AgentConnectionAttempts") { agentConnectionAttempts = value }
        case 24: if name.equals("GlobalResiliencyMetadata") { globalResiliencyMetadata = value }
        case 26: if name.equals("ConnectedToSystemTimestamp") { connectedToSystemTimestamp = value }
        case 31: if name.equals("AnsweringMachineDetectionStatus") { answeringMachineDetectionStatus = value }
        default: break
        }
    }
}
