import API
import ContactCenter
import Observability
import Platform
import Synchronization

/// Dead letters of a worker that writes them into a file: looked at where they lie, and redriven into the streams that they came from.
///
/// A letter that is redriven goes the way of every record: it is merged, which a second time changes nothing, or becomes a dead letter once more. It stays
/// where it lies, marked.
final class LetterDesk: LetterAnswers {
    /// Bytes of letters that one request puts.
    static let bytesMax = 8 << 20
    static let lettersMax = 1_000

    /// Puts a record into a stream; throws why it could not.
    typealias Put = @Sendable (_ record: [UInt8], _ letter: Letter) throws -> Void

    private let file: LetterFile
    private let book: RedriveBook
    private let put: Put?
    private let decoder: DecoderOptions
    private let log: Log
    private let clock: @Sendable () -> Timestamp
    /// One redrives at a time.
    private let isRedriving = Mutex(false)

    /// `put`: nil where this process cannot write into its streams.
    init(
        path: String, decoder: DecoderOptions, _ log: Log, clock: @escaping @Sendable () -> Timestamp = { .now }, put: Put?
    ) {
        file = LetterFile(path: path)
        book = RedriveBook(beside: path)
        (self.put, self.decoder, self.log, self.clock) = (put, decoder, log, clock)
    }

    private func all() throws(FailoverProblem) -> (places: [LetterFile.Place], contents: LetterFile.Contents) {
        let contents = try file.contents()
        let marks = book.marks
        return (
            contents.places.map { place in
                var place = place
                place.letter.redriven = marks[place.letter.id]
                return place
            }, contents
        )
    }

    func page(_ wanted: LetterQuery) throws(FailoverProblem) -> LetterPage {
        let (places, contents) = try all()
        var before = Int.max
        if let cursor = wanted.cursor {
            guard let offset = Int(cursor), offset >= 0, cursor == "\(offset)" else {
                throw FailoverProblem(400, "cursor: '\(printable(cursor))' is no cursor of this list")
            }
            before = offset
        }
        let fitting = places.filter { wanted.fits($0.letter) }
        let rest = fitting.reversed().drop { $0.offset >= before }
        let page = rest.prefix(wanted.limit)
        return LetterPage(
            letters: page.map(\.letter), next: rest.count > page.count ? page.last.map { "\($0.offset)" } : nil,
            reasons: places.reduce(into: [:]) { $0[$1.letter.reason, default: 0] += 1 }, count: fitting.count,
            open: fitting.count { $0.letter.redriven == nil }, isCut: contents.isCut, isPartial: contents.isPartial)
    }

    func letter(_ id: String) throws(FailoverProblem) -> (letter: Letter, bytes: [UInt8])? {
        guard let place = try all().places.last(where: { $0.letter.id == id }), let bytes = file.bytes(of: place) else {
            return nil
        }
        return (place.letter, bytes)
    }

    func prospect(of bytes: [UInt8]) -> String {
        let decoder = RecordDecoder(options: decoder)
        let batch = MutationBatch(sliceCount: 1)
        bytes.withUnsafeBytes { decoder.decode($0, arrival: clock(), index: 0, into: batch) }
        guard let rejection = batch.rejections.first else {
            return batch.eventCount == 0
                ? "it holds nothing that is merged" : "it would be merged: \(batch.eventCount) events"
        }
        return "it would become a dead letter again: \(rejection.reason.rawValue): \(rejection.detail)"
    }

    func redrive(
        _ choice: LetterChoice, count: Int, by person: String, why: String
    ) throws(FailoverProblem) -> RedriveOutcome {
        guard let put else {
            throw FailoverProblem(
                404, "this process cannot write into the streams that it reads; replay the file instead: converge replay")
        }
        let isFree = isRedriving.withLock { isBusy in
            defer { isBusy = true }
            return !isBusy
        }
        guard isFree else { throw FailoverProblem(409, "somebody else is redriving now; look again when they are done") }
        defer { isRedriving.withLock { $0 = false } }
        let places = try chosen(choice)
        guard places.count == count else {
            throw FailoverProblem(409, "there are \(places.count) such letters by now, and not \(count); look again")
        }
        guard places.count <= LetterDesk.lettersMax else {
            throw FailoverProblem(
                422, "these are \(places.count) letters; at most \(LetterDesk.lettersMax) at a time: narrow the choice")
        }
        log.info(
            "letters.redrive", "\(person) redrives dead letters: \(why)", ["letters": .integer(places.count)])
        var outcome = RedriveOutcome(redriven: [], failed: [])
        var bytesLeft = LetterDesk.bytesMax
        for place in places {
            let id = place.letter.id
            guard let bytes = file.bytes(of: place) else {
                outcome.failed.append(.init(id: id, why: "it is not in the file any more"))
                continue
            }
            bytesLeft -= bytes.count
            guard bytesLeft >= 0 else {
                outcome.failed.append(
                    .init(id: id, why: "more than \(LetterDesk.bytesMax >> 20) MiB in one request: send it again"))
                continue
            }
            do { try put(bytes, place.letter) } catch {
                outcome.failed.append(.init(id: id, why: "\(error)"))
                continue
            }
            outcome.redriven.append(id)
            if !book.mark(id, at: clock(), by: person, why: why) {
                log.warning("letters.redrive", "a letter is redriven, and that could not be written down beside the letters")
            }
        }
        log.info(
            "letters.redriven", "dead letters are in their streams again",
            ["redriven": .integer(outcome.redriven.count), "failed": .integer(outcome.failed.count)])
        return outcome
    }

    private func chosen(_ choice: LetterChoice) throws(FailoverProblem) -> [LetterFile.Place] {
        let places = try all().places
        switch choice {
        case .ids(let ids):
            let wanted = Set(ids)
            let found = places.filter { wanted.contains($0.letter.id) }
            guard found.count == wanted.count else {
                throw FailoverProblem(404, "\(wanted.count - found.count) of these letters are not there any more; look again")
            }
            return found
        case .open(let query): return places.filter { query.fits($0.letter) && $0.letter.redriven == nil }
        }
    }
}
