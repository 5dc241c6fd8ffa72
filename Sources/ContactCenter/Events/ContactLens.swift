import JSON
import Lattice
import Platform

/// Contact Lens real-time segments: `docs/merge.md`. Those of a call (schema 1.0.0) carry no time; their place in the conversation
/// orders them. Those of a chat (2.0.0) carry the time of each message. No text of the conversation is kept. Sources: AG
/// real-time-contact-analysis-segment-streams-data-model and chat-real-time-contact-analysis-segment-streams-data-model.
extension RecordDecoder {
    func decodeContactLens(_ top: TopLevel, arrival: Timestamp?, into batch: MutationBatch) throws(Refusal) {
        let contact = try identity(top.contactID, "a Contact Lens event without a ContactId")
        let type = LensEventType(known(top.streamingEventType) ?? known(top.eventType))
        guard let segments = top.segments, segments.isArray else {
            batch.begin(type.counted)
            return
        }
        // Checked before anything is written: an event is merged whole or not at all.
        for segment in segments.elements {
            if let transcript = segment.member("Transcript"), known(transcript.member("Sentiment")) != nil,
                offset(transcript.member("EndOffsetMillis")) == nil, absoluteTime(transcript) == nil
            {
                throw Refusal(.noStamp, "a Contact Lens transcript with neither EndOffsetMillis nor Time.AbsoluteTime")
            }
        }
        let latest = latestTime(of: segments)
        if let latest {
            try admit(type.counted, latest, arrival: arrival, into: batch)
        } else {
            batch.begin(type.counted)
        }
        // What an event tells by time never shares a register with what another one tells by offset.
        let isTimed = latest != nil || top.streamingEventType != nil
        let categories = greatestCategories(of: segments, at: isTimed ? latest ?? Timestamp(milliseconds: 0) : nil)
        batch.mutate(.contact, contact) { buffer, entity in
            for category in categories {
                entity.unionMember(
                    &buffer, isTimed ? "analysis/categories" : "lens/categories", capacity: RecordDecoder.categoriesMax,
                    stamp: Stamp(time: category.end), value: category.value)
            }
            for segment in segments.elements {
                guard let transcript = segment.member("Transcript") else { continue }
                writeSentiment(of: transcript, &buffer, &entity)
            }
        }
    }

    private func writeSentiment(of transcript: JSONValue, _ buffer: inout ByteBuffer, _ entity: inout EntityWriter) {
        guard let sentiment = transcript.member("Sentiment"), known(sentiment) != nil else { return }
        let path: StaticString
        let time: Timestamp
        if let end = offset(transcript.member("EndOffsetMillis")) {
            (path, time) = ("lens/sentiment", end)
        } else if let absolute = absoluteTime(transcript) {
            (path, time) = ("analysis/sentiment", absolute)
        } else {
            return
        }
        let stamp = Stamp(time: time, id: packID(known(transcript.member("Id")) ?? RecordDecoder.empty))
        entity.beginRegister(&buffer, path, segment: nil, rule: .lastWriterWins, stamp: stamp)
        buffer.append("{\"role\":")
        buffer.appendKnown(transcript.member("ParticipantRole"))
        buffer.append(",\"sentiment\":")
        buffer.appendKnown(sentiment)
        buffer.append("}")
        entity.endRegister(&buffer)
    }

    /// When what a segment holds (a message, an attachment, an event of the chat) was sent.
    private func absoluteTime(_ value: JSONValue) -> Timestamp? { milestone(value.member("Time")?.member("AbsoluteTime")) }

    /// The latest moment that the segments of an event tell of.
    private func latestTime(of segments: JSONValue) -> Timestamp? {
        var latest: Timestamp?
        for segment in segments.elements {
            for (_, value) in segment.members {
                if let time = absoluteTime(value) { latest = max(time, latest ?? time) }
            }
        }
        return latest
    }

    /// Categories that a contact keeps.
    static let categoriesMax = 256

    private struct Category {
        /// Canonical JSON.
        var value: ByteView
        var end: Timestamp
    }

    /// The categories that the segments match. Of more than a contact keeps, those that the union would keep: joining the
    /// rest one by one would take their number times 256.
    private func greatestCategories(of segments: JSONValue, at time: Timestamp?) -> [Category] {
        var all: [Category] = []
        for segment in segments.elements {
            if let categories = segment.member("Categories") { collect(categories, at: time, into: &all) }
        }
        guard all.count > RecordDecoder.categoriesMax else { return all }
        // By name, the greatest end of each first.
        all.sort { a, b in
            let order = a.value.compare(b.value)
            return order != 0 ? order < 0 : a.end > b.end
        }
        var unique: [Category] = []
        for category in all where unique.last?.value.equals(category.value) != true { unique.append(category) }
        unique.sort { a, b in a.end != b.end ? a.end > b.end : a.value.compare(b.value) > 0 }
        return Array(unique.prefix(RecordDecoder.categoriesMax))
    }

    /// Of segments with times, each category is stamped with the latest of them: what it points at are ids of messages, which
    /// another event may hold.
    private func collect(_ categories: JSONValue, at time: Timestamp?, into all: inout [Category]) {
        guard let matched = categories.member("MatchedCategories") else { return }
        let ends = time == nil ? endsByCategory(categories.member("MatchedDetails")) : [:]
        for category in matched.elements {
            guard known(category) != nil else { continue }
            value.removeAll()
            category.appendCanonical(to: &value)
            guard value.count <= RecordDecoder.memberLengthMax else { continue }
            let end = time ?? ends[value.bytes.slice(1, value.count - 2).text] ?? Timestamp(milliseconds: 0)
            all.append(Category(value: strings.hold(value.bytes), end: end))
        }
    }

    /// By a category's name, as canonical JSON spells it, the greatest end of its points of interest.
    private func endsByCategory(_ details: JSONValue?) -> [String: Timestamp] {
        var ends: [String: Timestamp] = [:]
        guard let details else { return ends }
        for (name, detail) in details.members {
            var end = Timestamp(milliseconds: 0)
            if let points = detail.member("PointsOfInterest") {
                for point in points.elements { end = max(end, offset(point.member("EndOffsetMillis")) ?? end) }
            }
            ends[name.text] = end
        }
        return ends
    }

    /// An offset from the contact's start, whole milliseconds of at most ten years.
    private func offset(_ value: JSONValue?) -> Timestamp? {
        guard let value, value.kind == .number, value.bytes.count <= 12 else { return nil }
        var milliseconds: Int64 = 0
        for byte in value.bytes {
            guard byte >= 48, byte <= 57 else { return nil }
            milliseconds = milliseconds * 10 + Int64(byte - 48)
        }
        return milliseconds <= 315_360_000_000 ? Timestamp(milliseconds: milliseconds) : nil
    }
}

/// What a Contact Lens event says of its session.
private struct LensEventType {
    var counted: EventType

    init(_ name: ByteView?) {
        guard let name else {
            counted = .lensOther
            return
        }
        counted =
            if name.equals("SEGMENTS") {
                .lensSegments
            } else if name.equals("STARTED") {
                .lensStarted
            } else if name.equals("COMPLETED") {
                .lensCompleted
            } else if name.equals("FAILED") {
                .lensFailed
            } else {
                .lensOther
            }
    }
}
