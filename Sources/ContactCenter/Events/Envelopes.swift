import Bytes
import JSON
import Lattice

/// Records that hold records: each is opened, and what is inside is decoded as if it had come alone.
extension RecordDecoder {
    /// What Kinesis hands a Lambda function: `Records[].kinesis`, data in base64, arrival as seconds with a fraction.
    func decodeLambdaEnvelope(_ top: TopLevel, level: DecoderLevel, into batch: MutationBatch) throws(Refusal) {
        guard let records = top.records else { return }
        var number = 0
        for record in records.elements {
            number += 1
            if let kinesis = record.member("kinesis"), kinesis.isObject {
                decodeLambdaRecord(record, kinesis, number: number, level: level, into: batch)
            } else {
                batch.unknown += 1
            }
        }
    }

    /// One record of such an envelope, also by itself: that is how one comes back from the dead letters.
    func decodeLambdaRecord(
        _ record: JSONValue, _ kinesis: JSONValue, number: Int, level: DecoderLevel, into batch: MutationBatch
    ) {
        let arrival = arrival(seconds: kinesis.member("approximateArrivalTimestamp"))
        if let data = kinesis.member("data"), data.isString, open(data, level: level) {
            decodeInner(level.inner.bytes, number: number, arrival: arrival, into: batch)
        } else {
            rejectInner(
                record.bytes, number: number, Refusal(.badEnvelope, "a Kinesis record whose data is not base64"),
                arrival: arrival, into: batch)
        }
    }

    /// Converge's own capture form: one raw record, where it came from and when it arrived.
    func decodeCapture(_ top: TopLevel, level: DecoderLevel, into batch: MutationBatch) throws(Refusal) {
        guard let data = top.data else { return }
        guard open(data, level: level) else { throw Refusal(.badEnvelope, "a capture whose data is not base64") }
        decodeInner(level.inner.bytes, number: 1, arrival: milestone(top.arrival), into: batch)
    }

    /// Decodes base64 into the level's ``DecoderLevel/inner``.
    private func open(_ data: JSONValue, level: DecoderLevel) -> Bool {
        level.inner.removeAll()
        return level.inner.appendBase64Decoded(known(data) ?? RecordDecoder.empty)
    }

    /// A CloudWatch Logs subscription record: each log event's message may be a flow log. Log groups hold other lines too,
    /// which count as unknown.
    func decodeCloudWatchLogs(
        _ top: TopLevel, level: DecoderLevel, arrival: Timestamp?, into batch: MutationBatch
    ) throws(Refusal) {
        guard let logEvents = top.logEvents else { return }
        var number = 0
        for logEvent in logEvents.elements {
            number += 1
            guard let message = logEvent.member("message"), message.isString else {
                batch.unknown += 1
                continue
            }
            level.inner.removeAll()
            message.appendUnescaped(to: &level.inner)
            let text = level.inner.bytes
            if text.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") {
                decodeInner(text, number: number, arrival: arrival, into: batch)
            } else {
                batch.unknown += 1
            }
        }
    }

    func decodeAggregate(_ record: ByteView, arrival: Timestamp?, into batch: MutationBatch) {
        guard let aggregate = KPLAggregate(record) else {
            // KPL's rule is to take it for one plain record; a plain record cannot start with these bytes, so it is refused.
            reject(record, Refusal(.badEnvelope, "KPL aggregate with a wrong MD5"), arrival: arrival, into: batch)
            return
        }
        var number = 0
        let intact = aggregate.forEachRecord { data in
            number += 1
            decodeInner(data, number: number, arrival: arrival, into: batch)
        }
        if !intact {
            reject(record, Refusal(.badEnvelope, "KPL aggregate whose protobuf is malformed"), arrival: arrival, into: batch)
        }
    }

    func decodeGzip(_ record: ByteView, arrival: Timestamp?, into batch: MutationBatch) {
        var inflated = ByteBuffer(capacity: record.count * 4)
        guard Gzip.inflate(record, into: &inflated, most: RecordDecoder.inflatedBytesMax) else {
            reject(
                record, Refusal(.badEnvelope, "gzip that is cut off, corrupt, or longer than 64 MiB"), arrival: arrival,
                into: batch)
            return
        }
        decodeInner(inflated.bytes, number: 1, arrival: arrival, into: batch)
    }

    /// `1480641523.477` or `1.480641523477E9` as a moment; also whole seconds, and milliseconds as an integer.
    private func arrival(seconds value: JSONValue?) -> Timestamp? {
        guard let value, value.kind == .number, value.bytes.count <= 32, let number = Double(value.bytes.text),
            number >= 0, number < 100_000_000_000_000
        else { return nil }
        return Timestamp(milliseconds: Int64((number < 100_000_000_000 ? number * 1000 : number).rounded()))
    }
}
