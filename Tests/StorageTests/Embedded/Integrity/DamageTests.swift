import EngineCore
import Foundation
import Platform
import TestSupport
import Testing

@testable import EmbeddedStorage

/// Files of a small state, broken one at a time in every way that disks and people have: what comes then is the whole state, or an error
/// that names the file; never a part of it.
@Suite("damage to a state directory", .waiting(minutes: 5))
struct DamageTests {
    enum Left: CaseIterable {
        /// By a worker that ended.
        case closed
        /// By one that was killed.
        case killed
    }

    let scratch = Scratch()

    /// Two table files and a log with twelve writes of which the last one is a checkpoint's alone.
    private func make(_ left: Left) throws -> (path: String, rows: [[UInt8]: [UInt8]], checkpoints: [Checkpoint]) {
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        try store.setMetadata("options", "x")
        for time in 1...2 {
            try store.write(flush(0..<60, time: time, size: 200))
            try store.database.flush()
        }
        for time in 3...13 { try store.write(flush(time..<time + 30, time: time, size: 300)) }
        try store.write(Flush(rows: [], checkpoints: [checkpoint("a.jsonl", 14)]))
        let whole = (try store.contents(), try store.checkpoints())
        if left == .closed { store.seal() }
        return (try scratch.copy("left"), whole.0, whole.1)
    }

    private func faults(_ size: Int) -> [(name: String, apply: (inout Data) -> Void)] {
        var offsets = Set([0, 1, 4, 5, 6, 7, 8, 9, 15, 16, size / 2, size / 2 + 1].filter { $0 < size })
        for step in 0..<16 { offsets.insert(size * step / 16) }
        for back in [1, 2, 5, 8, 9, 20, 40, 48, 53, 80] where back <= size { offsets.insert(size - back) }
        var faults: [(name: String, apply: (inout Data) -> Void)] = offsets.sorted().map { at in
            let bits: UInt8 = [0x01, 0x80, 0xFF][at % 3]
            return ("byte \(at) ^ \(bits)", { $0[at] ^= bits })
        }
        for cut in [1, 2, 7, size / 2, size] where cut <= size {
            faults.append(("\(cut) bytes cut off", { $0.removeLast(cut) }))
        }
        for tail in [1, 8, 100, 600, 5000] where tail < size {
            faults.append(
                ("\(tail) bytes zeroed at the end", { $0.replaceSubrange((size - tail)..., with: Data(count: tail)) }))
        }
        faults.append(("600 zeros behind the end", { $0.append(Data(count: 600)) }))
        return faults
    }

    @Test("damage to a state directory is an error that names the file, or has no effect", arguments: Left.allCases)
    func anyFile(_ left: Left) throws {
        let (path, rows, checkpoints) = try make(left)
        for name in try scratch.names(path) where name != "LOCK" && name != "LOG" {
            let original = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
            for fault in faults(original.count) + [("missing", { _ in })] {
                let copy = try scratch.copy("broken", of: "left")
                defer { try? FileManager.default.removeItem(atPath: copy) }
                let file = URL(fileURLWithPath: "\(copy)/\(name)")
                var bytes = original
                fault.apply(&bytes)
                if fault.name == "missing" { try FileManager.default.removeItem(at: file) } else { try bytes.write(to: file) }
                for mode in [EmbeddedStore.Mode.readOnly, .createOrOpen] {
                    do {
                        let store = try EmbeddedStore(path: copy, mode: mode)
                        #expect(try store.contents() == rows, "\(left), \(name), \(fault.name), \(mode): other rows")
                        #expect(try store.checkpoints() == checkpoints, "\(left), \(name), \(fault.name), \(mode)")
                        #expect(try store.metadata("options") == "x", "\(left), \(name), \(fault.name), \(mode)")
                    } catch {
                        let message = (error as? StoreError)?.message ?? "\(error)"
                        let isNamed =
                            message.contains(name) || name.hasSuffix(".sst") && message.contains("one of its table files")
                        #expect(isNamed, "\(left), \(name), \(fault.name), \(mode): \(message)")
                    }
                }
            }
        }
    }
}
