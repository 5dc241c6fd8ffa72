import JSON
import Lattice
import Platform

/// What a contact's `event/*` registers say. Text is canonical JSON, quotes included; documents are it as it lies.
struct EventRegisters {
    var afterContactWorkSeconds: ByteView?
    var agent: ByteView?
    var answeringMachineStatus: ByteView?
    var campaignId: ByteView?
    var channel: ByteView?
    var customerEndpoint: ByteView?
    var customerId: ByteView?
    var disconnectReason: ByteView?
    var evaluations: RegisterView?
    var globalResiliency: RegisterView?
    var holdSeconds: ByteView?
    var initialContactId: ByteView?
    var initiationMethod: ByteView?
    var nextContactId: ByteView?
    var previousContactId: ByteView?
    var queueARN: ByteView?
    var queueType: ByteView?
    var recordings: ByteView?
    var relatedContactId: ByteView?
    var routingCriteria: ByteView?
    var scheduledAt: Timestamp?
    var segmentAttributes: RegisterView?
    var systemEndpoint: ByteView?
    var tags: ByteView?

    /// Takes the register `event/<name>`.
    mutating func take(_ name: ByteView, _ register: RegisterView) {
        let text = register.toldText
        if name.equals("agent") {
            agent = text
        } else if name.equals("channel") {
            channel = text
        } else if name.equals("customerId") {
            customerId = text
        } else if name.equals("disconnectReason") {
            disconnectReason = text
        } else if name.equals("initialContactId") {
            initialContactId = text
        } else if name.equals("initiationMethod") {
            initiationMethod = text
        } else if name.equals("nextContactId") {
            nextContactId = text
        } else if name.equals("previousContactId") {
            previousContactId = text
        } else if name.equals("queue") {
            queueARN = text
        } else if name.equals("queueType") {
            queueType = text
        } else if name.equals("relatedContactId") {
            relatedContactId = text
        } else if name.equals("answeringMachineStatus") {
            answeringMachineStatus = text
        } else if name.equals("campaignId") {
            campaignId = text
        } else if name.equals("scheduledAt") {
            scheduledAt = text.flatMap { Timestamp($0.slice(1, $0.count - 2)) }
        } else {
            takeDocument(name, register)
        }
    }

    private mutating func takeDocument(_ name: ByteView, _ register: RegisterView) {
        let object = register.value(opening: "{")
        if name.equals("segmentAttributes") {
            segmentAttributes = register
        } else if name.equals("tags") {
            tags = object
        } else if name.equals("customerEndpoint") {
            customerEndpoint = object
        } else if name.equals("systemEndpoint") {
            systemEndpoint = object
        } else if name.equals("globalResiliency") {
            globalResiliency = register
        } else if name.equals("recordings") {
            recordings = register.value(opening: "[")
        } else if name.equals("routingCriteria") {
            routingCriteria = object ?? register.value(opening: "[")
        } else if name.equals("evaluations") {
            evaluations = register
        } else if name.equals("afterContactWorkSeconds") {
            afterContactWorkSeconds = register.number
        } else if name.equals("holdSeconds") {
            holdSeconds = register.number
        }
    }
}

extension RegisterView {
    /// The value, where it is an object or a list: one that begins so.
    fileprivate func value(opening: Unicode.Scalar) -> ByteView? {
        let value = value
        return value.count >= 2 && value[0] == UInt8(ascii: opening) ? value : nil
    }

    /// The value, where it is a number without a sign.
    fileprivate var number: ByteView? {
        let value = value
        return !value.isEmpty && value[0] >= UInt8(ascii: "0") && value[0] <= UInt8(ascii: "9") ? value : nil
    }
}

/// Where a contact began and where it is, by the record's metadata, else by a contact event's. Text is canonical JSON.
struct GlobalResiliency {
    let activeRegion: ByteView?
    let originRegion: ByteView?
    let trafficDistributionGroupId: ByteView?

    init(record: RecordFacts?, event: JSONValue?) {
        let told = record?.members.globalResiliencyMetadata
        activeRegion = told?.member("ActiveRegion")?.toldText ?? event?.member("activeRegion")?.toldText
        originRegion = told?.member("OriginRegion")?.toldText ?? event?.member("originRegion")?.toldText
        trafficDistributionGroupId =
            told?.member("TrafficDistributionGroupId")?.toldText ?? event?.member("trafficDistributionGroupId")?.toldText
    }
}
