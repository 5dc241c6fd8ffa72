import EngineCore
import Foundation
import Platform
import TestSupport
import Testing

@testable import EmbeddedStorage

@Suite("a full disk", .limited)
struct FullDiskTests {
    @Test(
        "on a full disk a write is refused completely, and the state can be opened once there is free space",
        .enabled(if: SmallFileSystem.isPermitted, "mounting a small file system is not permitted here"),
        arguments: [20, 8 << 10])
    func refusesWhole(size: Int) throws {
        let disk = try #require(SmallFileSystem("12m"))
        let state = "\(disk.path)/state"
        let ballast = "\(disk.path)/ballast"
        var time = 1
        do {
            let store = try EmbeddedStore(path: state, mode: .createOrOpen)
            try store.write(flush(0..<600, time: time, size: size))
            #expect(FileManager.default.createFile(atPath: ballast, contents: Data(count: 3 << 20)))

            var error: StoreError?
            while error == nil, time < 1000 {
                error = failure { try store.write(flush(0..<600, time: time + 1, size: size)) }
                if error == nil { time += 1 }
            }
            #expect(error?.reason == .full, "\(error?.message ?? "no error")")
            #expect(error?.message.contains("cannot write to the state at \(state): no space left") == true)
            #expect(error?.message.contains("free space") == true)
            #expect(try !FileManager.default.contentsOfDirectory(atPath: state).contains("incoming.sst"))
        }
        try FileManager.default.removeItem(atPath: ballast)

        let store = try EmbeddedStore(path: state, mode: .createOrOpen)
        #expect(try store.checkpoints() == [checkpoint("a.jsonl", time)])
        #expect(try store.contents().count == 600)
        #expect(try store.contents().values.allSatisfy(isEqual(entity(time, size: size))))
        try store.write(flush(0..<100, time: time + 1))
        #expect(try store.checkpoints() == [checkpoint("a.jsonl", time + 1)])
    }
}
