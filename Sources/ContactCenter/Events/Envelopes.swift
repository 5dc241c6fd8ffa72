import JSON
import Platform

/// Records that hold records: each is opened, and what is inside is decoded as if it had come alone.
extension RecordDecoder {
    /// The records of an envelope: each as the tool wrote it, or an object of its own.
    func decodeEntries(_ entries: JSONValue, level: DecoderLevel, arrival: Timestamp?, into batch: MutationBatch) {
        var number = 0
        for entry in entries.elements {
            number += 1
            decodeEntry(entry, number: number, level: level, arrival: arrival, into: batch)
        }
    }

    /// One record of such an envelope, also by itself: that is how one comes back from the dead letters.
    func decodeEntry(_ entry: JSONValue, number: Int, level: DecoderLevel, arrival: Timestamp?, into batch: MutationBatch) {
        guard entry.isObject else {
            let refusal = Refusal(.notObject, "a record of an envelope that is not a JSON object")
            return rejectInner(entry.bytes, number: number, refusal, arrival: arrival, into: batch)
        }
        // What Kinesis hands a Lambda function: data in base64, arrival as seconds with a fraction.
        if let kinesis = entry.member("kinesis"), kinesis.isObject {
            let arrival = self.arrival(kinesis.member("approximateArrivalTimestamp")) ?? arrival
            let data = kinesis.member("data")
            return decodeEncoded(data, of: entry, number: number, level: level, arrival: arrival, into: batch)
        }
        decodeRecord(
            Transport(entry, isInList: true), of: entry, number: number, level: level, arrival: arrival, into: batch)
    }

    private func decodeRecord(
        _ transport: Transport, of entry: JSONValue, number: Int, level: DecoderLevel, arrival: Timestamp?,
        into batch: MutationBatch
    ) {
        let arrival = self.arrival(transport.arrival) ?? arrival
        switch transport.form {
        case .encoded(let data):
            decodeEncoded(data, of: entry, number: number, level: level, arrival: arrival, into: batch)
        case .text(let text): decodeText(text, of: entry, number: number, level: level, arrival: arrival, into: batch)
        case .logLine(let line): decodeLogLine(line, of: entry, number: number, level: level, arrival: arrival, into: batch)
        case .empty: break
        default: decodeInner(entry.bytes, number: number, arrival: arrival, into: batch)
        }
    }

    /// An object that is no event: an envelope, a record as it stands in one, or unknown.
    @inline(never)
    func decodeTransport(_ root: JSONValue, level: DecoderLevel, arrival: Timestamp?, into batch: MutationBatch) {
        let transport = Transport(root, isInList: false)
        switch transport.form {
        case .encoded, .text, .logLine, .empty:
            decodeRecord(transport, of: root, number: 1, level: level, arrival: arrival, into: batch)
        case .entries(let entries): decodeEntries(entries, level: level, arrival: arrival, into: batch)
        case .partitions(let partitions):
            var number = 0
            for (_, entries) in partitions.members {
                for entry in entries.elements {
                    number += 1
                    decodeEntry(entry, number: number, level: level, arrival: arrival, into: batch)
                }
            }
        case .logEvents(let events): decodeLogEvents(events, of: root, level: level, arrival: arrival, into: batch)
        case .rows(let rows): decodeRows(rows, level: level, arrival: arrival, into: batch)
        case .detailAsText(let detail): decodeDetail(detail, of: root, level: level, arrival: arrival, into: batch)
        case .unknown: countUnknown(root, arrival: arrival, into: batch)
        }
    }

    /// An event of EventBridge that is no contact event. People send other events along in its detail.
    func decodeOtherDetail(_ detail: JSONValue, of root: JSONValue, arrival: Timestamp?, into batch: MutationBatch) {
        switch TopLevel(detail).shape {
        case .unknown, .contactDetail, .contactEvent: countUnknown(root, arrival: arrival, into: batch)
        default: decodeInner(detail.bytes, number: 1, arrival: arrival, into: batch)
        }
    }

    /// An EventBridge envelope whose detail was made text: the same envelope with the detail as an object.
    private func decodeDetail(
        _ detail: JSONValue, of root: JSONValue, level: DecoderLevel, arrival: Timestamp?, into batch: MutationBatch
    ) {
        let whole = root.bytes
        guard let start = whole.baseAddress, let at = detail.bytes.baseAddress.map({ $0 - start }) else { return }
        level.inner.removeAll()
        level.inner.append(whole.slice(0, at))
        detail.appendUnescaped(to: &level.inner)
        guard level.inner.bytes.slice(at, level.inner.count - at).beginsObject else {
            return countUnknown(root, arrival: arrival, into: batch)
        }
        let behind = at + detail.bytes.count
        level.inner.append(whole.slice(behind, whole.count - behind))
        decodeInner(level.inner.bytes, number: 1, arrival: arrival, into: batch)
    }

    /// Data in base64. Some tools write what is JSON as it is.
    private func decodeEncoded(
        _ data: JSONValue?, of entry: JSONValue, number: Int, level: DecoderLevel, arrival: Timestamp?,
        into batch: MutationBatch
    ) {
        if let data, data.isString, open(data, level: level) {
            decodeInner(level.inner.bytes, number: number, arrival: arrival, into: batch)
        } else if let data, data.isObject || data.isString && known(data)?.beginsObject == true {
            decodeText(data, of: entry, number: number, level: level, arrival: arrival, into: batch)
        } else {
            let refusal = Refusal(.badEnvelope, "a record of an envelope whose data is not Base64")
            rejectInner(entry.bytes, number: number, refusal, arrival: arrival, into: batch)
        }
    }

    /// A record as text, or as JSON that was not made text.
    private func decodeText(
        _ text: JSONValue, of entry: JSONValue, number: Int, level: DecoderLevel, arrival: Timestamp?,
        into batch: MutationBatch
    ) {
        if text.isString {
            level.inner.removeAll()
            text.appendUnescaped(to: &level.inner)
            decodeInner(level.inner.bytes, number: number, arrival: arrival, into: batch)
        } else {
            decodeInner(text.bytes, number: number, arrival: arrival, into: batch)
        }
    }

    /// Converge's own capture form: one raw record, where it came from and when it arrived.
    func decodeCapture(_ top: TopLevel, level: DecoderLevel, into batch: MutationBatch) throws(Refusal) {
        guard let data = top.data else { return }
        guard open(data, level: level) else { throw Refusal(.badEnvelope, "a line of a capture whose data is not Base64") }
        decodeInner(level.inner.bytes, number: 1, arrival: milestone(top.arrival), into: batch)
    }

    /// Decodes base64 into the level's ``DecoderLevel/inner``.
    private func open(_ data: JSONValue, level: DecoderLevel) -> Bool {
        level.inner.removeAll()
        return level.inner.appendBase64Decoded(known(data) ?? RecordDecoder.empty)
    }

    /// Log events of CloudWatch Logs, as a subscription or the command line delivers them.
    func decodeLogEvents(
        _ events: JSONValue, of root: JSONValue, level: DecoderLevel, arrival: Timestamp?, into batch: MutationBatch
    ) {
        // Sent to see whether anybody listens; no event is in it.
        if root.member("messageType").flatMap({ known($0) })?.equals("CONTROL_MESSAGE") == true { return }
        var number = 0
        for event in events.elements {
            number += 1
            let arrival = self.arrival(event.member("ingestionTime")) ?? arrival
            let message = event.member("message")
            decodeLogLine(message, of: event, number: number, level: level, arrival: arrival, into: batch)
        }
    }

    /// Results of Logs Insights: rows of fields, of which one is the message.
    private func decodeRows(_ rows: JSONValue, level: DecoderLevel, arrival: Timestamp?, into batch: MutationBatch) {
        var number = 0
        for row in rows.elements {
            number += 1
            var message: JSONValue?
            var ingested: JSONValue?
            for cell in row.elements {
                guard let field = known(cell.member("field")) else { continue }
                if field.equals("@message") { message = cell.member("value") }
                if field.equals("@ingestionTime") { ingested = cell.member("value") }
            }
            let arrival = self.arrival(ingested) ?? arrival
            decodeLogLine(message, of: row, number: number, level: level, arrival: arrival, into: batch)
        }
    }

    /// A message of a log may be a flow log. Log groups hold other lines too, which count as unknown.
    private func decodeLogLine(
        _ message: JSONValue?, of entry: JSONValue, number: Int, level: DecoderLevel, arrival: Timestamp?,
        into batch: MutationBatch
    ) {
        if let message, message.isObject { return decodeInner(message.bytes, number: number, arrival: arrival, into: batch) }
        level.inner.removeAll()
        if let message, message.isString { message.appendUnescaped(to: &level.inner) }
        if level.inner.bytes.beginsObject {
            decodeInner(level.inner.bytes, number: number, arrival: arrival, into: batch)
        } else {
            countUnknown("a log line that is no JSON object", entry.bytes, number: number, arrival: arrival, into: batch)
        }
    }

    func decodeAggregate(_ record: ByteView, arrival: Timestamp?, into batch: MutationBatch) {
        guard let aggregate = KPLAggregate(record) else {
            // KPL's rule is to take it for one plain record; a plain record cannot start with these bytes, so it is refused.
            reject(record, Refusal(.badEnvelope, "a KPL aggregate whose MD5 is wrong"), arrival: arrival, into: batch)
            return
        }
        var number = 0
        let intact = aggregate.forEachRecord { data in
            number += 1
            decodeInner(data, number: number, arrival: arrival, into: batch)
        }
        if !intact {
            reject(record, Refusal(.badEnvelope, "a KPL aggregate whose Protobuf is malformed"), arrival: arrival, into: batch)
        }
    }

    func decodeGzip(_ record: ByteView, arrival: Timestamp?, into batch: MutationBatch) {
        var inflated = ByteBuffer(capacity: record.count * 4)
        guard Gzip.inflate(record, into: &inflated, most: RecordDecoder.inflatedBytesMax) else {
            reject(
                record, Refusal(.badEnvelope, "gzip data that is truncated, corrupt, or longer than 64 MiB"), arrival: arrival,
                into: batch)
            return
        }
        decodeInner(inflated.bytes, number: 1, arrival: arrival, into: batch)
    }

    /// A time of arrival in its spellings: seconds with or without a fraction, milliseconds, either as text, or ISO 8601.
    /// Nil where it is none of these, or before 1971.
    private func arrival(_ value: JSONValue?) -> Timestamp? {
        guard let value, value.kind == .number || value.isString else { return nil }
        let text = value.isString ? known(value) ?? RecordDecoder.empty : value.bytes
        if value.isString, let time = Timestamp(text) { return time.isNotYet ? nil : time }
        guard text.count <= 32, let number = Double(text.text), number >= 0, number < 100_000_000_000_000 else { return nil }
        let time = Timestamp(milliseconds: Int64((number < 100_000_000_000 ? number * 1000 : number).rounded()))
        return time.isNotYet ? nil : time
    }
}
