import AWS
import ContactCenter
import EngineCore
import HTTPClient
import Ingest
import Platform
import Storage

/// What is read from and written to services of AWS.
func serviceCases(_ files: EventFiles) -> [MicroCase] {
    let events = [files.event("agent-login").at(second: 1), files.event("agent-state-change")]
    let agent = row(.agent, events.map { $0.ofAgent(1) })
    let contact = row(.contact, [files.event("contact-event"), files.event("contact-record")])
    return [item("encode.item-agent", agent), item("encode.item-contact", contact), kinesisAnswer(files), sign(agent)]
}

/// The row of an entity after these events, as the batch of a flush.
private func row(_ kind: EntityKind, _ events: [[UInt8]]) -> RowBatch {
    let told = events.map { mutation(kind, of: $0) }
    let batch = RowBatch()
    batch.append(
        key: told[0].key.bytes, entity: joined(told.map(\.entity)).bytes, expected: Revision(writer: 1 << 60, count: 1),
        revision: Revision(writer: 1 << 60, count: 2))
    return batch
}

private let retention: Int64 = 30 * 86_400_000

/// The parameters of a PutItem.
private func item(_ name: String, _ rows: RowBatch) -> MicroCase {
    let items = RowItem(region: "us-east-1", retention: retention)
    return MicroCase(name) {
        for row in rows { keep(items.put(row, table: "converge-agent")) }
    }
}

/// A megabyte of `GetRecords`, record by record into blocks.
private func kinesisAnswer(_ files: EventFiles) -> MicroCase {
    let event = files.event("agent-state-change")
    let answer = Held()
    answer.buffer.append("{\"MillisBehindLatest\":0,\"NextShardIterator\":\"AAAAAAAAAAE=\",\"Records\":[")
    var count = 0
    while answer.buffer.count < 1 << 20 {
        if count > 0 { answer.buffer.append(",") }
        answer.buffer.append("{\"ApproximateArrivalTimestamp\":1.772460042125E9,\"Data\":\"")
        event.ofAgent(count).withUnsafeBytes { answer.buffer.appendBase64($0) }
        let sequence = "4959033827149025660855969253836157109592157598\(9_136_588_899 + count)"
        answer.buffer.append("\",\"PartitionKey\":\"agent\(count)\",\"SequenceNumber\":\"\(sequence)\"}")
        count += 1
    }
    answer.buffer.append("]}")
    let records = KinesisRecords()
    let block = RecordBlock(capacity: 4 << 20)
    return MicroCase("kinesis.get-records", operations: count) {
        do {
            _ = try records.begin(answer.bytes)
            repeat { block.removeAll() } while try records.fill(block)
        } catch {
            stop("the answer of Kinesis: \(error)")
        }
    }
}

/// The signature of a PutItem.
private func sign(_ rows: RowBatch) -> MicroCase {
    let moment = Timestamp(milliseconds: 1_772_460_042_125)
    let credentials = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("EXAMPLEKEY"))
    var keys = SigningKeys()
    let key = keys.key(credentials, region: "us-east-1", service: "dynamodb", at: moment)
    let items = RowItem(region: "us-east-1", retention: retention)
    var body: [UInt8] = []
    for row in rows { body = items.put(row, table: "converge-agent")?.body ?? [] }
    let unsigned = HTTPRequest(
        .post, HTTPURL(scheme: .https, host: "dynamodb.us-east-1.amazonaws.com"),
        headers: [
            HTTPHeader("Content-Type", "application/x-amz-json-1.0"), HTTPHeader("X-Amz-Target", "DynamoDB_20120810.PutItem"),
            HTTPHeader("User-Agent", "converge"),
        ], body: body)
    return MicroCase("aws.sign") {
        var request = unsigned
        SigV4.sign(&request, with: key, at: moment)
        keep(request)
    }
}
