import FailoverCore
import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Failover

@Suite("the control table of one machine", .waiting(minutes: 5))
struct LocalControlTableTests {
    private let scratch = ScratchFolder()

    @Test("a step waits for whoever has the folder, and is unheard where that takes too long")
    func stopped() throws {
        let table = try LocalControlTable(scratch.path)
        let folder = try LockedFolder(scratch.path, folders: [])
        let answer = try folder.locked(until: monotonicMilliseconds() + 1000) { table.perform(.propose(intent(1))) }
        guard case .unheard(let why)? = answer else {
            Issue.record("\(String(describing: answer))")
            return
        }
        #expect(why.contains(scratch.path) && why.contains("is it stopped?"))
        #expect(try table.view() == ControlView())
    }

    @Test("what a writer left half done when it was killed is not there, and does not stand in the way")
    func half() throws {
        let table = try LocalControlTable(scratch.path)
        #expect(table.perform(.propose(intent(1))) == .done)
        try Data(#"{"name":"00"#.utf8).write(to: URL(fileURLWithPath: scratch.path + "/draft"))
        #expect(try LocalControlTable(scratch.path).view().terms == [intent(1)])
        #expect(try LocalControlTable(scratch.path).perform(.propose(intent(2))) == .done)
        #expect(try table.view().newest == intent(2))
    }

    @Test("a file that is not what the program writes is named")
    func foreign() throws {
        let table = try LocalControlTable(scratch.path)
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: scratch.path + "/now/hold.json"))
        guard case .refused(let why) = table.perform(.read) else {
            Issue.record("it was read")
            return
        }
        #expect(why.contains("now/hold.json") && why.contains("move it away"))
    }

    @Test("a folder that cannot be made is named, and so is the kind of this table, wherever it shows")
    func names() throws {
        #expect(throws: ControlTableError.self) { try LocalControlTable("/proc/none/control") }
        #expect(try LocalControlTable(scratch.path).caveat?.contains("never for traffic of people") == true)
    }

    @Test("a verdict whose counter stood still for an hour is deleted, and one that moves is not")
    func silentVerdicts() throws {
        let clock = HandClock()
        let table = try LocalControlTable(scratch.path, clock: { clock.now })
        func write(_ controller: String, _ counter: Int64) {
            let verdict = SelfVerdict(region: "r", controller: controller, counter: counter, state: .healthy, evidence: "")
            #expect(table.perform(.writeVerdict(verdict)) == .done)
        }
        write("r/gone", 5)
        for minute in Int64(0)...59 {
            clock.advance(60_000)
            write("r/lives", minute)
            #expect(try table.view().verdicts.count == 2)
        }
        clock.advance(60_000)
        _ = try table.view()
        #expect(try table.view().verdicts.map(\.controller) == ["r/lives"])
        write("r/gone", 5)
        #expect(try table.view().verdicts.count == 2)
    }
}
