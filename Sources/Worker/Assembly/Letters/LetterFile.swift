import API
import Glibc
import Ingest
import JSON
import Platform
import Synchronization

/// The dead letters that lie in a file, in the capture form, as a process that writes there shows them.
///
/// It reads what was appended since it looked last, when it is asked, and keeps where each of the newest ``lettersMax`` begins; so a page costs what is new, and
/// nothing is done for letters that nobody looks at. Of a file that is longer than ``tailBytes`` when it is first looked at, the beginning is left out. A file that was
/// moved away, cut or replaced is read anew. The worker, which appends, is never waited for.
final class LetterFile: Sendable {
    static let lettersMax = 10_000
    static let tailBytes = 256 << 20
    /// Bytes that one request reads; where more was appended, the page says that it is partial.
    static let sliceBytes = 32 << 20
    /// A longer line is passed over.
    static let lineBytesMax = 32 << 20

    struct Place: Sendable, Equatable {
        var letter: Letter
        var offset: Int
        var length: Int
    }

    private struct Book {
        var identity: FileIdentity?
        /// Up to where the file was read: behind a line break.
        var end = 0
        var places: [Place] = []
        var isCut = false
        var isPartial = false
    }

    let path: String
    private let book = Mutex(Book())

    init(path: String) { self.path = path }

    struct Contents: Sendable {
        /// The oldest first.
        var places: [Place]
        var isCut: Bool
        var isPartial: Bool
    }

    /// Everything that is listed, as of now. A file that is not there has no letters.
    func contents() throws(FailoverProblem) -> Contents {
        try book.withLock { (book) throws(FailoverProblem) in
            try catchUp(&book)
            return Contents(places: book.places, isCut: book.isCut, isPartial: book.isPartial)
        }
    }

    /// The record of a letter, whole; nil where the file does not have it any more.
    func bytes(of place: Place) -> [UInt8]? {
        guard let file = FileHandle(path) else { return nil }
        guard let line = file.read(place.offset, place.length),
            let (letter, bytes) = LetterFile.letter(line, at: place.offset, isWhole: true),
            letter.id == place.letter.id
        else { return nil }
        return bytes
    }

    private func catchUp(_ book: inout Book) throws(FailoverProblem) {
        guard let file = FileHandle(path) else {
            guard errno == ENOENT else {
                throw FailoverProblem(503, "the dead letters cannot be read: \(String(cString: strerror(errno)))")
            }
            book = Book()
            return
        }
        if book.identity != file.identity || file.size < book.end {
            book = Book()
            book.identity = file.identity
            if file.size > LetterFile.tailBytes {
                book.isCut = true
                book.end = file.size - LetterFile.tailBytes
                // Up to the next line.
                guard let skipped = file.read(book.end, LetterFile.lineBytesMax),
                    let line = skipped.firstIndex(of: UInt8(ascii: "\n"))
                else { return }
                book.end += line + 1
            }
        }
        let from = book.end
        let text = file.read(from, min(file.size - from, LetterFile.sliceBytes)) ?? []
        var start = 0
        while let stop = text[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if let (letter, _) = LetterFile.letter(Array(text[start..<stop]), at: from + start, isWhole: false) {
                book.places.append(Place(letter: letter, offset: from + start, length: stop - start))
            }
            start = stop + 1
        }
        // A line that does not end within a slice is passed over: no letter is so long.
        if start == 0, text.count == LetterFile.sliceBytes { start = text.count }
        book.end = from + start
        book.isPartial = book.end < file.size && text.count == LetterFile.sliceBytes
        if book.places.count > LetterFile.lettersMax {
            book.places.removeFirst(book.places.count - LetterFile.lettersMax)
            book.isCut = true
        }
    }

    /// Nil of a line that is none: what a crash cut off.
    private static func letter(_ line: [UInt8], at offset: Int, isWhole: Bool) -> (Letter, [UInt8])? {
        let parser = JSONParser()
        return line.withUnsafeBytes { text in
            withExtendedLifetime(parser) {
                guard let root = try? parser.parse(text).root, root.isObject, let data = root.member("data") else { return nil }
                func member(_ name: StaticString) -> String { root.member(name)?.text ?? "" }
                let encoded = data.rawString
                var bytes = ByteBuffer()
                if isWhole, !bytes.appendBase64Decoded(encoded) { return nil }
                var hash = SHA256()
                hash.update(text)
                let padding =
                    encoded.count > 1
                    ? (encoded[encoded.count - 1] == 0x3D ? 1 : 0) + (encoded[encoded.count - 2] == 0x3D ? 1 : 0) : 0
                let letter = Letter(
                    id: "\(offset)-\(hash.finalizeHex().prefix(8))", reason: member("reason"), detail: member("detail"),
                    source: member("source"), stream: member("stream"), partition: member("partition"),
                    position: member("position"), arrival: root.member("arrival")?.text.flatMap { Timestamp($0) },
                    bytes: max(0, encoded.count / 4 * 3 - padding))
                return (letter, bytes.array)
            }
        }
    }
}

/// What tells a file from another one of its name.
private struct FileIdentity: Equatable {
    var device: UInt
    var number: UInt
}

/// A file that is open for reading.
private struct FileHandle: ~Copyable {
    private let descriptor: Int32
    let identity: FileIdentity
    let size: Int

    /// Nil where it cannot be opened; `errno` says why.
    init?(_ path: String) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            errno = EINVAL
            return nil
        }
        identity = FileIdentity(device: UInt(status.st_dev), number: UInt(status.st_ino))
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// As much of it as there is; nil where it cannot be read.
    func read(_ offset: Int, _ count: Int) -> [UInt8]? {
        guard count > 0 else { return [] }
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                failed = got < 0
                guard got > 0 else { break }
                filled += got
            }
        }
        return failed ? nil : bytes
    }
}
