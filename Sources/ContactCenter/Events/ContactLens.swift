import Bytes
import JSON
import Lattice

/// Contact Lens real-time segments: `docs/merge.md`. They carry no time; their place in the conversation orders them. No text
/// of the conversation is kept. Source: AG real-time-contact-analysis-segment-streams-data-model.
extension RecordDecoder {
    func decodeContactLens(_ top: TopLevel, into batch: MutationBatch) throws(Refusal) {
        let contact = try identity(top.contactID, "a Contact Lens event without a ContactId")
        guard let segments = top.segments, segments.isArray else {
            batch.begin(.contactLens)
            return
        }
        // Checked before anything is written: an event is merged whole or not at all.
        for segment in segments.elements {
            if let transcript = segment.member("Transcript"), known(transcript.member("Sentiment")) != nil,
                offset(transcript.member("EndOffsetMillis")) == nil
            {
                throw Refusal(.noStamp, "a Contact Lens transcript without EndOffsetMillis")
            }
        }
        batch.begin(.contactLens)
        let categories = greatestCategories(of: segments)
        batch.mutate(.contact, contact) { buffer, entity in
            for category in categories {
                entity.unionMember(
                    &buffer, "lens/categories", capacity: RecordDecoder.categoriesMax, stamp: Stamp(time: category.end),
                    value: category.value)
            }
            for segment in segments.elements {
                guard let transcript = segment.member("Transcript"), let sentiment = transcript.member("Sentiment"),
                    known(sentiment) != nil, let end = offset(transcript.member("EndOffsetMillis"))
                else { continue }
                let stamp = Stamp(time: end, id: packID(known(transcript.member("Id")) ?? RecordDecoder.empty))
                entity.beginRegister(&buffer, "lens/sentiment", segment: nil, rule: .lastWriterWins, stamp: stamp)
                buffer.append("{\"role\":")
                buffer.appendKnown(transcript.member("ParticipantRole"))
                buffer.append(",\"sentiment\":")
                buffer.appendKnown(sentiment)
                buffer.append("}")
                entity.endRegister(&buffer)
            }
        }
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
    private func greatestCategories(of segments: JSONValue) -> [Category] {
        var all: [Category] = []
        for segment in segments.elements {
            if let categories = segment.member("Categories") { collect(categories, into: &all) }
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

    private func collect(_ categories: JSONValue, into all: inout [Category]) {
        guard let matched = categories.member("MatchedCategories") else { return }
        let ends = endsByCategory(categories.member("MatchedDetails"))
        for category in matched.elements {
            guard let name = known(category), name.count <= RecordDecoder.nameLengthMax else { continue }
            value.removeAll()
            category.appendCanonical(to: &value)
            let end = ends[value.bytes.slice(1, value.count - 2).text] ?? Timestamp(milliseconds: 0)
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
