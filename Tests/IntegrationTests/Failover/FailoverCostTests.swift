import Foundation
import Servers
import Testing

extension ProgramTests {
    /// Measures, and holds against nothing: `CONVERGE_FAILOVER_COST=SECONDS` of each state (`make failover-cost`).
    @Suite(
        "what a controller costs", .waiting(minutes: 60),
        .enabled(if: ProcessInfo.processInfo.environment["CONVERGE_FAILOVER_COST"] != nil))
    struct FailoverCostTests {
        private let seconds = ProcessInfo.processInfo.environment["CONVERGE_FAILOVER_COST"].flatMap(Double.init) ?? 180

        @Test("a controller alone with the default thresholds, while all is well and while it suspects")
        func cost() throws {
            let world = try FailoverWorld(agents: 10, .standard)
            try world.make()
            let (east, west) = (try world.controller(FailoverWorld.east), try world.controller(FailoverWorld.west))
            try eventually("both controllers live: \(west.errorsSoFar)") {
                try world.status(at: FailoverWorld.west).alive == [FailoverWorld.east, FailoverWorld.west]
            }
            try measure("all is well", west)
            try world.lose(FailoverWorld.east)
            east.stop()
            try eventually("it says that the other Region does not serve: \(west.errorsSoFar)") {
                try world.status(at: FailoverWorld.west).outlooks.contains { $0.contains("does not serve; held back by") }
            }
            try measure("the other Region is lost", west)
        }

        /// Prints which share of a processor the program takes, by its own account over so long.
        private func measure(_ what: String, _ program: Program) throws {
            let before = (used(program), Date())
            try eventually("the span is over", seconds: seconds + 60, every: 0.5) {
                Date().timeIntervalSince(before.1) >= seconds
            }
            let span = Date().timeIntervalSince(before.1)
            let share = (used(program) - before.0) / span * 100
            print(String(format: "a controller while %@: %.2f %% of a processor over %.0f s", what, share, span))
        }

        /// Seconds of processor time so far: `utime` and `stime` of /proc/PID/stat.
        private func used(_ program: Program) -> Double {
            let stat = (try? String(contentsOfFile: "/proc/\(program.pid)/stat", encoding: .utf8)) ?? ""
            let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
            guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return .nan }
            return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }
}
