import JSON
public import Platform

/// Turns a record's bytes into mutations: the only place that knows what events look like.
///
/// A record may be one event, several in a row, an array, or an envelope around others (KPL aggregate, gzip, what AWS and its
/// tools wrap records in (``Transport``), Converge's own capture form), to a depth of ``depthMax``. What cannot be decoded
/// becomes a ``Rejection``, what is no event is counted by kind (``UnknownObjects``); nothing throws and nothing is lost. A mutation is a function of the event's bytes alone.
///
/// One decoder serves one thread; it keeps its memory. `docs/merge.md` is the table that it implements.
public final class RecordDecoder {
    /// Envelopes inside envelopes that are opened.
    public static let depthMax = 4
    /// Most bytes that one compressed record may become.
    public static let inflatedBytesMax = 64 << 20
    /// Most refusals out of one record that are kept one by one.
    public static let rejectionsMax = 10_000
    /// Scratch memory that is kept after a record; what one huge record needed beyond that is given back.
    static let keptBytesMax = 8 << 20
    /// Longest name of a register that comes from an event, in bytes.
    static let nameLengthMax = 1024
    /// Longest member of a union, in bytes of canonical JSON: what is longer is left out.
    static let memberLengthMax = nameLengthMax + 2

    let options: DecoderOptions
    /// The options' customer attribute as a canonical key spells it.
    let customerAttribute: [UInt8]
    /// The options' key of aliases.
    let aliases: AliasKey?
    private var levels: [DecoderLevel] = []
    private var depth = 0

    // Scratch of the event being decoded.
    var entityID = ByteBuffer(capacity: 256)
    var eventID = ByteBuffer(capacity: 64)
    var aliasID = ByteBuffer(capacity: 64)
    var value = ByteBuffer(capacity: 4096)
    var record = ByteBuffer(capacity: 4096)
    private(set) var dataParser = JSONParser()
    let stateLines = StateLineReader()
    let strings = UnescapedStrings()

    // Of the record being decoded.
    private var whole = RecordDecoder.empty
    private var refused = 0
    private var recordIndex = 0
    private var path: [Int] = []

    public init(options: DecoderOptions = DecoderOptions()) {
        self.options = options
        aliases = options.aliasKey
        var spelled = ByteBuffer()
        spelled.appendJSONString(options.customerAttribute)
        customerAttribute = Array(spelled.array.dropFirst().dropLast())
        levels = (0...RecordDecoder.depthMax).map { _ in DecoderLevel() }
    }

    /// Decodes one record into `batch`. `index` is the record's number in its block, kept with what is refused.
    @inline(__always)
    public func decode(_ record: ByteView, arrival: Timestamp?, index: Int, into batch: MutationBatch) {
        whole = record
        refused = 0
        recordIndex = index
        depth = 0
        decodeBytes(record, arrival: arrival, into: batch)
        whole = RecordDecoder.empty
        if record.count > RecordDecoder.keptBytesMax || value.capacity > RecordDecoder.keptBytesMax
            || self.record.capacity > RecordDecoder.keptBytesMax
        {
            value = ByteBuffer(capacity: 4096)
            self.record = ByteBuffer(capacity: 4096)
            dataParser = JSONParser()
        }
    }

    /// Scratch memory held, without the parsers' indexes.
    var scratchBytes: Int { levels.reduce(value.capacity + record.capacity) { $0 + $1.respelled.capacity + $1.inner.capacity } }

    /// Decodes what is inside an envelope, as the `number`th of it, from 1.
    func decodeInner(_ record: ByteView, number: Int, arrival: Timestamp?, into batch: MutationBatch) {
        path.append(number)
        depth += 1
        if depth > RecordDecoder.depthMax {
            reject(record, Refusal(.tooDeep, "more than 4 nested envelopes"), arrival: arrival, into: batch)
        } else {
            decodeBytes(record, arrival: arrival, into: batch)
        }
        depth -= 1
        path.removeLast()
    }

    /// Refuses the `number`th of an envelope.
    func rejectInner(_ bytes: ByteView, number: Int, _ refusal: Refusal, arrival: Timestamp?, into batch: MutationBatch) {
        path.append(number)
        reject(bytes, refusal, arrival: arrival, into: batch)
        path.removeLast()
    }

    private func decodeBytes(_ record: ByteView, arrival: Timestamp?, into batch: MutationBatch) {
        var start = 0
        if record.count >= 2, record[0] != UInt8(ascii: "{") {
            guard let found = decodePrefix(of: record, arrival: arrival, into: batch) else { return }
            start = found
        }
        decodeText(record.slice(start, record.count - start), of: record, arrival: arrival, into: batch)
        if record.count > RecordDecoder.keptBytesMax { levels[depth] = DecoderLevel() }
    }

    /// Decodes the documents in a record's text. The record is refused whole where they are broken.
    @inline(__always)
    private func decodeText(_ text: ByteView, of record: ByteView, arrival: Timestamp?, into batch: MutationBatch) {
        let level = levels[depth]
        let parser = level.parser
        var documents = 0
        var end = text.baseAddress
        do {
            try parser.begin(text)
            while let document = try parser.next() {
                documents += 1
                let bytes = document.root.bytes
                end = bytes.baseAddress.map { $0 + bytes.count }
                decodeDocument(document, level: level, record: record, arrival: arrival, into: batch)
            }
            if documents == 0 {
                reject(record, Refusal(.notJSON, "only white space"), arrival: arrival, into: batch)
            }
        } catch {
            decodeRest(text, behind: end, of: record, error, arrival: arrival, into: batch)
        }
    }

    /// What is not JSON may be so for byte order marks in it; then the rest is decoded without them.
    @inline(never)
    private func decodeRest(
        _ text: ByteView, behind end: UnsafeRawPointer?, of record: ByteView, _ error: JSONError, arrival: Timestamp?,
        into batch: MutationBatch
    ) {
        var rest = ByteBuffer()
        if error == .syntax, let start = text.baseAddress, let end, text.firstOffset(of: 0xEF, from: end - start) != nil {
            rest.append(text.slice(end - start, text.count - (end - start)))
        }
        guard rest.count > 0, rest.blankByteOrderMarks() else {
            reject(record, Refusal(error, of: record), arrival: arrival, into: batch)
            return
        }
        let level = levels[depth]
        do {
            try level.parser.begin(rest.bytes)
            while let document = try level.parser.next() {
                decodeDocument(document, level: level, record: record, arrival: arrival, into: batch)
            }
        } catch {
            reject(record, Refusal(error, of: record), arrival: arrival, into: batch)
        }
    }

    @inline(__always)
    private func decodeDocument(
        _ document: JSONDocument, level: DecoderLevel, record: ByteView, arrival: Timestamp?, into batch: MutationBatch
    ) {
        let root = document.root
        let respelled = document.hasEscapedKeys
        if root.isObject {
            decodeObject(root, respelled: respelled, level: level, arrival: arrival, into: batch)
        } else if root.isArray {
            decodeArray(root, respelled: respelled, level: level, arrival: arrival, into: batch)
        } else {
            reject(root.bytes, Refusal(.notObject, "a JSON value that is not an object"), arrival: arrival, into: batch)
        }
    }

    private func decodeArray(
        _ array: JSONValue, respelled: Bool, level: DecoderLevel, arrival: Timestamp?, into batch: MutationBatch
    ) {
        var number = 0
        for element in array.elements {
            number += 1
            path.append(number)
            if element.isObject {
                decodeObject(element, respelled: respelled, level: level, arrival: arrival, into: batch)
            } else {
                reject(
                    element.bytes, Refusal(.notObject, "an array element that is not an object"), arrival: arrival, into: batch)
            }
            path.removeLast()
        }
    }

    /// Decodes an object; one with escapes in its keys (`respelled`) in its canonical form, where a key has one spelling.
    @inline(__always)
    private func decodeObject(
        _ original: JSONValue, respelled: Bool, level: DecoderLevel, arrival: Timestamp?, into batch: MutationBatch
    ) {
        do throws(Refusal) {
            try decodeEvent(
                respelled ? respell(original, level: level) : original, level: level, arrival: arrival, into: batch)
        } catch {
            reject(original.bytes, error, arrival: arrival, into: batch)
        }
    }

    private func respell(_ original: JSONValue, level: DecoderLevel) throws(Refusal) -> JSONValue {
        level.respelled.removeAll()
        original.appendCanonical(to: &level.respelled)
        do {
            return try level.respelledParser.parse(level.respelled.bytes).root
        } catch {
            throw Refusal(error)
        }
    }

    @inline(__always)
    private func decodeEvent(
        _ root: JSONValue, level: DecoderLevel, arrival: Timestamp?, into batch: MutationBatch
    ) throws(Refusal) {
        // Here and not once an event is admitted: ids are read, and may have been unescaped, before that.
        strings.removeAll()
        let top = TopLevel(root)
        switch top.shape {
        case .agentEvent: try decodeAgentEvent(top, arrival: arrival, into: batch)
        case .contactEvent: try decodeContactEvent(root, top, arrival: arrival, into: batch)
        case .contactDetail: try decodeContactDetail(root, arrival: arrival, into: batch)
        case .record: try decodeContactRecord(root, top, arrival: arrival, into: batch)
        case .flowLog: try decodeFlowLog(root, top, arrival: arrival, into: batch)
        case .contactLens: try decodeContactLens(top, arrival: arrival, into: batch)
        case .cloudEvent: try decodeCloudEvent(root, top, arrival: arrival, into: batch)
        case .lambdaEnvelope:
            if let records = top.records { decodeEntries(records, level: level, arrival: arrival, into: batch) }
        case .lambdaRecord: decodeEntry(root, number: 1, level: level, arrival: arrival, into: batch)
        case .cloudWatchLogs:
            if let events = top.logEvents { decodeLogEvents(events, of: root, level: level, arrival: arrival, into: batch) }
        case .capture: try decodeCapture(top, level: level, into: batch)
        case .stateLine: try decodeStateLine(root, arrival: arrival, into: batch)
        case .unknown: decodeTransport(root, level: level, arrival: arrival, into: batch)
        }
        if batch.isOversized {
            batch.takeBackEvent()
            throw Refusal(.tooLarge, "it contains a fact that is larger than an entity's limit")
        }
    }

    /// Keeps what is refused. From a record that is nothing but refusals (a few kilobytes of gzip can hold millions) the first
    /// ones are kept one by one; then the record is, once and whole, which loses nothing either.
    @inline(never)
    func reject(_ bytes: ByteView, _ refusal: Refusal, arrival: Timestamp?, into batch: MutationBatch) {
        refused += 1
        if refused > RecordDecoder.rejectionsMax {
            guard refused == RecordDecoder.rejectionsMax + 1 else { return }
            batch.rejections.append(
                Rejection(
                    reason: .tooLarge, detail: "more than 10,000 refused events in one record", record: recordIndex, path: [],
                    arrival: arrival, bytes: [UInt8](whole)))
            return
        }
        batch.rejections.append(
            Rejection(
                reason: refusal.reason, detail: refusal.detail, record: recordIndex, path: path, arrival: arrival,
                bytes: [UInt8](bytes)))
    }

    /// Counts an object that is no event, and keeps the first of its kind in the batch.
    @inline(never)
    func countUnknown(_ object: JSONValue, arrival: Timestamp?, into batch: MutationBatch) {
        let name = UnknownName(object)
        count(unknown: object.bytes, hash: name.hash, arrival: arrival, into: batch) { name.text }
    }

    /// The same of something else, whose kind has a name of its own.
    func countUnknown(_ name: StaticString, _ bytes: ByteView, number: Int, arrival: Timestamp?, into batch: MutationBatch) {
        path.append(number)
        count(unknown: bytes, hash: name.view.hash64, arrival: arrival, into: batch) { name.description }
        path.removeLast()
    }

    private func count(
        unknown bytes: ByteView, hash: UInt64, arrival: Timestamp?, into batch: MutationBatch, name: () -> String
    ) {
        batch.unknown += 1
        let kind = batch.unknownObjects.count(hash, name: name)
        guard batch.unknownObjects.kinds[kind].sample == nil, bytes.count <= UnknownObjects.sampleBytesMax else { return }
        let sample = Rejection(
            reason: .unknownShape, detail: batch.unknownObjects.kinds[kind].name, record: recordIndex, path: path,
            arrival: arrival, bytes: [UInt8](bytes))
        batch.unknownObjects.keep(sample, of: kind)
    }

    /// Passes an event or throws what keeps it out of the state. Comes before anything of it is written.
    @inline(__always)
    func admit(_ type: EventType, _ time: Timestamp, arrival: Timestamp?, into batch: MutationBatch) throws(Refusal) {
        guard options.skewGuard.admits(time, arrival: arrival) else {
            throw Refusal(.skew, "its time is further ahead of its arrival than --max-skew allows")
        }
        batch.begin(type, at: time)
    }
}

/// What one depth of nesting works with: a document stays valid while what is inside it is decoded.
final class DecoderLevel {
    let parser = JSONParser()
    let respelledParser = JSONParser()
    var respelled = ByteBuffer()
    /// Decoded base64, inflated gzip, an unescaped message.
    var inner = ByteBuffer()
}

/// Keeps the strings that had to be unescaped in place while an event is decoded. Most events have none.
final class UnescapedStrings {
    private var buffers: [UnsafeMutableRawBufferPointer] = []

    deinit { removeAll() }

    @inline(__always)
    func removeAll() {
        if !buffers.isEmpty { freeAll() }
    }

    @inline(never)
    private func freeAll() {
        for buffer in buffers { buffer.deallocate() }
        buffers.removeAll(keepingCapacity: true)
    }

    func hold(_ bytes: ByteView) -> ByteView {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
        buffer.copyMemory(from: bytes)
        buffers.append(buffer)
        return ByteView(start: buffer.baseAddress, count: bytes.count)
    }
}

extension Refusal {
    init(_ error: JSONError) {
        switch error {
        case .notUTF8: self.init(.notUTF8, "not UTF-8, possibly Latin-1 or Windows-1252")
        case .syntax: self.init(.notJSON, "not JSON, or JSON followed by other data")
        case .tooDeep: self.init(.tooDeep, "nested deeper than 512 levels")
        case .tooLarge: self.init(.tooLarge, "longer than 4 GiB, or out of memory")
        }
    }
}
