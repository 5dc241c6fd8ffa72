public import ContactCenter
import JSON
public import Platform

/// An event as an endpoint has accepted it: canonical JSON with its time, its Region and the endpoint's signature.
public struct AcceptedEvent: Equatable, Sendable {
    public internal(set) var bytes: [UInt8]
    public internal(set) var kind: EntityKind
    public internal(set) var subject: String
    var time: Timestamp
}

/// Why an event is not accepted.
public enum EventRefusal: Error, Equatable {
    /// What is wrong, where, and what to do.
    case malformed(String)
    /// The caller may not write this.
    case forbidden(String)
    /// Its id is another event's.
    case reused(String)
    /// It comes too late for what it asks.
    case late(String)
}

/// Stamps and signs events. A value: the clock is handed in.
///
/// The endpoint that accepts an event first decides when and where it happened: what a client says of either is no event that it takes.
/// An event that another endpoint has accepted and signed is taken as it is, so both endpoints put the same event into their streams.
///
/// Two events that one endpoint accepts never have the same time, and one accepted later has the later time, also behind one that another
/// endpoint has signed, or whose writer knows of a later stamp (``StampBounds``), if that is ahead by no more than ``aheadMax``. Behind a writer
/// who is farther ahead that holds for the events of the same entity: one clock that is wrong does not move everybody's stamps.
public struct EventAcceptor {
    /// Milliseconds that this endpoint's times may be ahead of its clock.
    static let aheadMax: Int64 = 10_000
    /// Bytes of an id or a source.
    public static let nameBytesMax = 256

    let region: String
    let keys: EventKeys
    /// Milliseconds that a signed event's time may be ahead of this clock: beyond it workers would put the event into quarantine.
    var skewMax: Int64 = 300_000

    private var last = Int64.min
    private var ahead = StampsAhead()
    private var recent: RecentEvents
    private let parser = JSONParser()

    /// `isForgetful`: an event with an id that it has accepted before is stamped anew.
    public init(region: String, keys: EventKeys, isForgetful: Bool = false) {
        self.init(region: region, keys: keys, recent: isForgetful ? RecentEvents(bytesMax: 0) : RecentEvents())
    }

    init(region: String, keys: EventKeys, recent: RecentEvents) {
        self.region = region
        self.keys = keys
        self.recent = recent
    }

    /// - Parameters:
    ///   - body: A CloudEvent in JSON, structured mode.
    ///   - said: By which it is the same as one before, where that is not what the event says: a caller who makes an event of what a client said
    ///     and of the state makes another one of the same the next time.
    ///   - mayWrite: Why the caller may not write an entity, nil where they may.
    ///   - bounds: Of its stamp. An event that was accepted a while ago keeps the stamp that it has, whatever they say.
    ///   - now: The wall clock.
    /// - Returns: The event to put into the stream; the same one for an event that was accepted a while ago.
    public mutating func accept(
        _ body: [UInt8], said: [UInt8]? = nil, within bounds: StampBounds = StampBounds(), now: Timestamp,
        mayWrite: (EntityKind, _ subject: String) -> String?
    ) throws(EventRefusal) -> AcceptedEvent {
        let text = try EventAcceptor.canonical(body)
        guard let event = try? parser.parse(text.bytes).root, event.isObject else {
            throw .malformed("the body is not a JSON object; give one CloudEvent")
        }
        let draft = try EventDraft(event)
        if let reason = mayWrite(draft.kind, draft.subject) { throw .forbidden(reason) }
        if let signature = draft.signature {
            guard bounds.isEmpty else {
                throw .malformed("Converge-After and Converge-Before are for events without a time; a signed one keeps its own")
            }
            return try take(draft, signature, now: now)
        }
        let said = said ?? draft.unstamped
        switch recent.find(draft.key, said, now: now) {
        case .same(let event): return event
        case .other:
            throw .reused(
                "the id \(printable(draft.id)) was given to another event of \(draft.subject); give each event an id of its own, such as a UUID"
            )
        case .none: break
        }
        let time = try stamp("\(draft.kind.name)#\(draft.subject)", within: bounds, now: now.milliseconds)
        let accepted = draft.stamped(Timestamp(milliseconds: time), region, keys)
        recent.keep(draft.key, said, accepted, now: now)
        return accepted
    }

    private mutating func stamp(_ entity: String, within bounds: StampBounds, now: Int64) throws(EventRefusal) -> Int64 {
        if let after = bounds.after, after > now + skewMax {
            throw .malformed(
                "Converge-After: \(after) is ahead of this endpoint's clock (\(now)) by more than \(skewMax / 1000) s; check the clocks of the endpoints"
            )
        }
        let next = max(now, last == .min ? .min : last + 1)
        let own = max(next, ahead.least(entity))
        if let before = bounds.before, own > before {
            throw .late(
                "this endpoint would stamp it with \(own), which is past Converge-Before; send it again with the same key and a later one"
            )
        }
        let time = max(own, bounds.after.map { $0 + 1 } ?? .min)
        // A clock that goes back leaves the stamps where they are, however far ahead that is.
        if time <= max(now + EventAcceptor.aheadMax, next) { last = time } else { ahead.keep(entity, time, now: now) }
        return time
    }

    /// One that another endpoint has accepted.
    private mutating func take(_ draft: EventDraft, _ signature: String, now: Timestamp) throws(EventRefusal) -> AcceptedEvent {
        guard let time = draft.time, let region = draft.region else {
            throw .malformed("a signed event without time or region; give the event as the other endpoint answered with it")
        }
        let isRight = draft.written(time: time, region: region, signature: nil).withUnsafeBytes {
            keys.verify(signature, of: $0)
        }
        guard isRight else {
            throw .malformed(
                "convergesignature: not a signature of an endpoint of this deployment over this event; give the event as the other endpoint answered with it, or without signature, time and region"
            )
        }
        guard let moment = Timestamp(time), moment.milliseconds <= now.milliseconds + skewMax else {
            throw .malformed("time: \(printable(time)) is ahead of this endpoint's clock by more than \(skewMax / 1000) s")
        }
        if moment.milliseconds <= now.milliseconds + EventAcceptor.aheadMax { last = max(last, moment.milliseconds) }
        let signed = draft.written(time: time, region: region, signature: signature)
        return AcceptedEvent(bytes: signed, kind: draft.kind, subject: draft.subject, time: moment)
    }

    private static func canonical(_ body: [UInt8]) throws(EventRefusal) -> ByteBuffer {
        var given = ByteBuffer(capacity: body.count)
        body.withUnsafeBytes { given.append($0) }
        let parser = JSONParser()
        var text = ByteBuffer(capacity: body.count)
        do { try parser.parse(given.bytes).root.appendCanonical(to: &text) } catch {
            throw .malformed("the body is \(error); give one CloudEvent in JSON")
        }
        return text
    }
}
