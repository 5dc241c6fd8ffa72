import Platform

/// What kind of stream an event is put on.
enum StreamKind: Int, CaseIterable {
    case agent, contact, record, flow, context
}

/// What an event as ``TrafficModel`` writes it says about its own delivery, read off its bytes.
struct FeedEvent {
    var kind: StreamKind
    /// The Region's name; nil where the event names none.
    var region: [UInt8]?
    /// What it is partitioned by: the agent, the contact, the CloudEvent's subject. A contact event goes by its own id, as
    /// EventBridge puts it, so that a contact's events spread over the partitions.
    var key: [UInt8]
    /// The time that it is stamped by; nil where it has none.
    var time: Int64?

    init(_ event: [UInt8]) {
        let keyName: StaticString
        let timeName: StaticString
        if event.holds(#"{"ContactId""#, at: 0) {
            (kind, keyName, timeName) = (.flow, "ContactId", "Timestamp")
        } else if event.holds(#"{"specversion""#, at: 0) {
            (kind, keyName, timeName) = (.context, "subject", "time")
        } else if event.holds(#"{"version""#, at: 0) {
            (kind, keyName, timeName) = (.contact, "id", "time")
        } else if event.firstOffset(of: #""AgentARN":"#, within: 64) != nil {
            (kind, keyName, timeName) = (.agent, "AgentARN", "EventTimestamp")
        } else {
            (kind, keyName, timeName) = (.record, "ContactId", "LastUpdateTimestamp")
        }
        key = event.string(named: keyName) ?? []
        time = event.string(named: timeName).flatMap { text in
            text.withUnsafeBytes { Timestamp(ByteView($0))?.milliseconds }
        }
        region = Self.region(of: event)
    }

    private static func region(of event: [UInt8]) -> [UInt8]? {
        let head: StaticString = "arn:aws:connect:"
        if let start = event.firstOffset(of: head) {
            return Array(event[(start + head.utf8CodeUnitCount)...].prefix { $0 != UInt8(ascii: ":") })
        }
        return event.string(named: "region") ?? event.string(named: "awsRegion")
    }
}

extension [UInt8] {
    func holds(_ text: StaticString, at offset: Int) -> Bool {
        withUnsafeBytes { bytes in
            offset + text.utf8CodeUnitCount <= bytes.count && bytes.slice(offset, text.utf8CodeUnitCount).equals(text)
        }
    }

    func firstOffset(of text: StaticString, within limit: Int = .max) -> Int? {
        withUnsafeBytes { bytes in
            let length = text.utf8CodeUnitCount
            var from = 0
            while from + length <= Swift.min(bytes.count, limit),
                let at = bytes.firstOffset(of: text.utf8Start.pointee, from: from), at + length <= bytes.count
            {
                if bytes.slice(at, length).equals(text) { return at }
                from = at + 1
            }
            return nil
        }
    }

    /// The value of the first member of that name, at whatever depth, if it is a string; compact JSON, escapes as they stand.
    fileprivate func string(named name: StaticString) -> [UInt8]? {
        var pattern = ByteBuffer(capacity: 64)
        pattern.append("\"")
        pattern.append(name)
        pattern.append("\":\"")
        return withUnsafeBytes { bytes in
            var from = 0
            while let at = bytes.firstOffset(of: UInt8(ascii: "\""), from: from), at + pattern.count <= bytes.count {
                if bytes.slice(at, pattern.count).equals(pattern.bytes) {
                    let start = at + pattern.count
                    guard let end = bytes.firstOffset(of: UInt8(ascii: "\""), from: start) else { return nil }
                    return [UInt8](bytes.slice(start, end - start))
                }
                from = at + 1
            }
            return nil
        }
    }
}
