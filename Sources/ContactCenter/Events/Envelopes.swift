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
            guard let kinesis = record.member("kinesis"), let data = kinesis.member("data"), data.isString else {
                batch.unknown += 1
                continue
            }
            decodeBase64(
                data, level: level, number: number, arrival: arrival(seconds: kinesis.member("approximateArrivalTimestamp")),
                into: batch)
        }
    }

    /// Converge's own capture form: one raw record, where it came from and when it arrived.
    func decodeCapture(_ top: TopLevel, level: DecoderLevel, into batch: MutationBatch) throws(Refusal) {
        guard let data = top.data else { return }
        decodeBase64(data, level: level, number: 1, arrival: moment(top.arrival), into: batch)
    }

    private func decodeBase64(
        _ data: JSONValue, level: DecoderLevel, number: Int, arrival: Timestamp?, into batch: MutationBatch
    ) {
        level.inner.removeAll()
        let text = data.hasEscapes ? known(data) ?? RecordDecoder.empty : data.rawString
        if level.inner.appendBase64Decoded(text) {
            decodeInner(level.inner.bytes, number: number, arrival: arrival, into: batch)
        } else {
            reject(data.bytes, Refusal(.badEnvelope, "data that is not base64"), arrival: arrival, into: batch)
        }
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

    /// `1480641523.477` as a moment; also whole seconds and milliseconds as an integer.
    private func arrival(seconds value: JSONValue?) -> Timestamp? {
        guard let value, value.kind == .number else { return nil }
        var whole: Int64 = 0
        var fraction: Int64 = 0
        var scale: Int64 = 0  // what the next digit behind the point is worth in milliseconds
        var behindPoint = false
        for byte in value.bytes {
            if byte == UInt8(ascii: "."), !behindPoint {
                behindPoint = true
                scale = 100
                continue
            }
            guard byte >= 48, byte <= 57, whole < 10_000_000_000_000 else { return nil }
            if behindPoint {
                fraction += scale * Int64(byte - 48)
                scale /= 10
            } else {
                whole = whole * 10 + Int64(byte - 48)
            }
        }
        return whole >= 100_000_000_000 ? Timestamp(milliseconds: whole) : Timestamp(milliseconds: whole * 1000 + fraction)
    }
}
