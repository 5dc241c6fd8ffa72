import API
import Glibc
import JSON
import Platform
import Synchronization

/// Which dead letters were redriven, by whom and when: JSON Lines in a file beside the letters, `PATH.redriven`, and the newest ``marksMax`` of them in memory.
///
///     {"at":"2026-12-01T03:12:00.000Z","by":"ann@example.com","id":"4711-0a1b2c3d","why":"the clock was wrong"}
///
/// A letter is marked once its stream has it. A crash between the two leaves it unmarked: it is redriven again then, which changes nothing.
final class RedriveBook: Sendable {
    static let marksMax = 20_000
    private static let bytesMax = 16 << 20

    private struct State {
        var isRead = false
        var marks: [String: Letter.Redriven] = [:]
        /// The oldest first.
        var order: [String] = []

        mutating func take(_ id: String, _ mark: Letter.Redriven) {
            if marks.updateValue(mark, forKey: id) == nil { order.append(id) }
            if order.count > marksMax { marks[order.removeFirst()] = nil }
        }
    }

    private let path: String
    private let state = Mutex(State())

    init(beside path: String) { self.path = path + ".redriven" }

    var marks: [String: Letter.Redriven] {
        state.withLock { state in
            if !state.isRead { read(&state) }
            return state.marks
        }
    }

    /// Writes a mark down; false where the file did not take it: it is known until the process ends.
    func mark(_ id: String, at: Timestamp, by person: String, why: String) -> Bool {
        let line = jsonLine { json in
            json.member("at", "\(at)")
            json.member("by", person)
            json.member("id", id)
            json.member("why", why)
        }
        return state.withLock { state in
            if !state.isRead { read(&state) }
            state.take(id, Letter.Redriven(at: at, by: person))
            let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            let bytes = Array(line.utf8)
            return bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == bytes.count
                && fsync(descriptor) == 0
        }
    }

    /// A line that cannot be read is passed over.
    private func read(_ state: inout State) {
        state.isRead = true
        guard let file = fopen(path, "re") else { return }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let size = ftell(file)
        fseek(file, max(0, size - RedriveBook.bytesMax), SEEK_SET)
        let bytes = [UInt8](unsafeUninitializedCapacity: min(size, RedriveBook.bytesMax)) { buffer, count in
            count = fread(buffer.baseAddress, 1, buffer.count, file)
        }
        let parser = JSONParser()
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            Array(line).withUnsafeBytes { text in
                guard let root = try? parser.parse(text).root, root.isObject, let id = root.member("id")?.text,
                    let at = root.member("at")?.text.flatMap({ Timestamp($0) }), let by = root.member("by")?.text
                else { return }
                state.take(id, Letter.Redriven(at: at, by: by))
            }
        }
    }
}
