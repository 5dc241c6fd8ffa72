import JSON
import Platform

/// The top-level members by which an event's type is told and most of its facts are read, gathered in one pass.
/// Streams may carry anything, so the shape decides, never the stream's name.
struct TopLevel {
    // Agent event, contact record, flow log, Contact Lens (PascalCase).
    var agentARN: JSONValue?
    var currentSnapshot: JSONValue?
    var previousSnapshot: JSONValue?
    var eventID: JSONValue?
    var eventTimestamp: JSONValue?
    var eventType: JSONValue?
    var instanceARN: JSONValue?
    var contactID: JSONValue?
    private var camelEventType: JSONValue?
    private var camelContactID: JSONValue?
    var lastUpdateTimestamp: JSONValue?
    var recordFormatVersion: JSONValue?
    var contactFlowID: JSONValue?
    var timestamp: JSONValue?
    var segments: JSONValue?
    var languageCode: JSONValue?
    var streamingEventType: JSONValue?
    // EventBridge and CloudEvents envelopes.
    var detail: JSONValue?
    var detailType: JSONValue?
    var id: JSONValue?
    var time: JSONValue?
    var region: JSONValue?
    var type: JSONValue?
    var subject: JSONValue?
    var specversion: JSONValue?
    var data: JSONValue?
    // Transport envelopes.
    var records: JSONValue?
    var kinesis: JSONValue?
    var logEvents: JSONValue?
    var capture: JSONValue?
    var arrival: JSONValue?
    // A line of a state file.
    var kind: JSONValue?
    var registers: JSONValue?

    @inline(__always)
    init(_ root: JSONValue) {
        for (name, value) in root.members { take(name, value) }
        // Where both spellings are there, camelCase is taken, in whatever order they come.
        if let camelContactID { contactID = camelContactID }
        if let camelEventType { eventType = camelEventType }
    }

    /// Sorted out by length first: one comparison a member at most, none for most members of a record.
    @inline(__always)
    private mutating func take(_ name: ByteView, _ value: JSONValue) {
        switch name.count {
        case 2: if name.equals("id") { id = value }
        case 4:
            if name.equals("time") {
                time = value
            } else if name.equals("type") {
                type = value
            } else if name.equals("data") {
                data = value
            } else if name.equals("kind") {
                kind = value
            }
        case 6:
            if name.equals("detail") { detail = value } else if name.equals("region") { region = value }
        case 7:
            if name.equals("EventId") {
                eventID = value
            } else if name.equals("Records") {
                records = value
            } else if name.equals("subject") {
                subject = value
            } else if name.equals("kinesis") {
                kinesis = value
            } else if name.equals("capture") {
                capture = value
            } else if name.equals("arrival") {
                arrival = value
            }
        case 8:
            if name.equals("AgentARN") { agentARN = value } else if name.equals("Segments") { segments = value }
        case 9:
            if name.equals("EventType") {
                eventType = value
            } else if name.equals("eventType") {
                camelEventType = value
            } else if name.equals("ContactId") {
                contactID = value
            } else if name.equals("contactId") {
                camelContactID = value
            } else if name.equals("Timestamp") {
                timestamp = value
            } else if name.equals("logEvents") {
                logEvents = value
            } else if name.equals("registers") {
                registers = value
            }
        case 11:
            if name.equals("InstanceARN") {
                instanceARN = value
            } else if name.equals("detail-type") {
                detailType = value
            } else if name.equals("specversion") {
                specversion = value
            }
        case 12:
            if name.equals("LanguageCode") { languageCode = value }
        case 13: if name.equals("ContactFlowId") { contactFlowID = value }
        case 14: if name.equals("EventTimestamp") { eventTimestamp = value }
        case 18: if name.equals("StreamingEventType") { streamingEventType = value }
        case 19: if name.equals("LastUpdateTimestamp") { lastUpdateTimestamp = value }
        case 20: if name.equals("CurrentAgentSnapshot") { currentSnapshot = value }
        case 21: if name.equals("PreviousAgentSnapshot") { previousSnapshot = value }
        case 34: if name.equals("AWSContactTraceRecordFormatVersion") { recordFormatVersion = value }
        default: break
        }
    }

    enum Shape {
        case agentEvent, contactEvent, contactDetail, record, flowLog, contactLens, cloudEvent
        case lambdaEnvelope, lambdaRecord, cloudWatchLogs, capture, stateLine
        case unknown
    }

    var shape: Shape {
        if agentARN != nil { return .agentEvent }
        if contactFlowID != nil { return .flowLog }
        if specversion != nil { return .cloudEvent }
        if detail?.isObject == true, detailType != nil { return .contactEvent }
        if contactID != nil {
            if lastUpdateTimestamp != nil || recordFormatVersion != nil { return .record }
            if segments != nil || languageCode != nil || streamingEventType != nil { return .contactLens }
            return eventType != nil ? .contactDetail : .unknown
        }
        if records?.isArray == true { return .lambdaEnvelope }
        if kinesis?.isObject == true { return .lambdaRecord }
        if logEvents?.isArray == true { return .cloudWatchLogs }
        if capture != nil, data?.isString == true { return .capture }
        if registers?.isObject == true, kind?.isString == true, id?.isString == true { return .stateLine }
        return .unknown
    }
}
