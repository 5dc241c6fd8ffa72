import ContactCenter
import Glibc
import Lattice
import Platform

/// Bytes that stay as long as the program, so that views of them may be kept.
final class Held {
    var buffer: ByteBuffer
    var bytes: ByteView { buffer.bytes }

    init(_ bytes: ByteView) {
        // simdjson reads up to 64 bytes beyond.
        buffer = ByteBuffer(capacity: bytes.count + 64)
        buffer.append(bytes)
        _ = Unmanaged.passRetained(self)
    }

    convenience init(_ bytes: [UInt8] = []) { self.init(bytes.withUnsafeBytes { Held($0).bytes }) }
}

/// The events of `Benchmarks/Micro/events`: what `converge generate` wrote, of each type the one nearest to its average size.
struct EventFiles {
    /// Of `NAME.json`, without the line's end.
    let folder: String

    func event(_ name: String) -> [UInt8] {
        let path = "\(folder)/\(name).json"
        guard let file = fopen(path, "r") else { stop("cannot open \(path): \(String(cString: strerror(errno)))") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count].filter { $0 != UInt8(ascii: "\n") })
    }
}

extension Array<UInt8> {
    /// With other text of the same length in place of each text behind `mark`, as in `"EventTimestamp":"`.
    func replacing(behind mark: String, with text: String) -> [UInt8] {
        var changed = self
        let (mark, text) = (Array(mark.utf8), Array(text.utf8))
        var at = 0
        while at + mark.count + text.count <= count {
            if self[at] == mark[0], self[at..<at + mark.count].elementsEqual(mark) {
                at += mark.count
                changed.replaceSubrange(at..<at + text.count, with: text)
            }
            at += 1
        }
        return changed
    }

    /// The agent event at a second of one minute.
    func at(second: Int) -> [UInt8] {
        replacing(behind: "\"EventTimestamp\":\"2026-03-02T", with: "14:00:" + digits(second, 2))
    }

    /// The agent event of another agent: agent, username and contacts.
    func ofAgent(_ number: Int) -> [UInt8] {
        replacing(behind: "/agent/", with: digits(number, 8)).replacing(behind: "\"Username\":\"agent", with: digits(number, 5))
            .replacing(behind: "\"ContactId\":\"", with: digits(number, 8))
            .replacing(behind: "\"EventId\":\"", with: digits(number, 8))
    }
}

private func digits(_ number: Int, _ count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: count - text.utf8.count) + text
}

/// What events tell, decoded into one lane.
func batch(of events: [[UInt8]]) -> MutationBatch {
    let decoder = RecordDecoder()
    let batch = MutationBatch(sliceCount: 1)
    for event in events { event.withUnsafeBytes { decoder.decode($0, arrival: nil, index: 0, into: batch) } }
    guard batch.eventCount == events.count, batch.rejections.isEmpty else { stop("an event that is refused") }
    return batch
}

/// What one event tells of the first entity of a kind.
func mutation(_ kind: EntityKind, of event: [UInt8]) -> (key: Held, entity: Held) {
    var found: (key: Held, entity: Held)?
    batch(of: [event]).forEachMutation(ofSlice: 0) { mutation in
        guard found == nil, EntityKey(mutation.key).kind == kind else { return }
        found = (Held(mutation.key), Held(mutation.entity.bytes))
    }
    guard let found else { stop("an event that tells nothing of \(kind.name)") }
    return found
}

/// The join of entities.
func joined(_ entities: [Held]) -> Held {
    var whole = Held(EntityView.emptyEncoding)
    for entity in entities {
        let next = Held()
        if Join.join(EntityView(whole.bytes), EntityView(entity.bytes), into: &next.buffer).changed { whole = next }
    }
    return whole
}

func stop(_ why: String) -> Never {
    _ = "bench-micro: \(why)\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(1)
}
