import Foundation
import Servers
import Testing

extension ProgramTests {
    @Suite("drills, as commands", .waiting(minutes: 10))
    struct FailoverDrillTests {
        private func drill(_ pair: DrillPair, _ more: String..., for duration: String = "2s") throws -> Program {
            let groups = try pair.connect.groups()
            return try pair.start(
                "drill",
                arguments: ["--region", DrillPair.east, "--for", duration, "--by", "ann"]
                    + more.map {
                        $0 == "TEST" ? groups[1].arn : $0
                    })
        }

        @Test("a drill on a test group is told beforehand, moves that group alone, comes back, and is reported in every format")
        func testGroup() throws {
            let pair = try DrillPair()
            let controllers = try pair.controllers()
            let dry = try drill(pair, "--mode", "test-group", "--groups", "TEST", "--dry-run").wait()
            #expect(dry.code == 0 && dry.text.contains("us-east-1 counts as lost for 2 s"), "\(dry.errors)")
            #expect(dry.text.contains("2 other groups stay as they are"))
            #expect(try pair.updates() == 0)
            let unasked = try drill(pair, "--mode", "test-group", "--groups", "TEST").wait()
            #expect(unasked.code == 2 && unasked.errors.contains("not confirmed"), "\(unasked.errors)")

            let run = try drill(pair, "--mode", "test-group", "--groups", "TEST", "--yes", "--format", "json")
            try eventually("the test group is away: \(run.errorsSoFar) \(controllers.map(\.errorsSoFar))") {
                try pair.western() == [0, 100, 0]
            }
            let ended = try run.wait()
            #expect(ended.code == 0 && ended.errors.contains("it went through; everything is as before"), "\(ended.errors)")
            #expect(try pair.western() == [0, 0, 0])
            #expect(try pair.connect.groups().map(\.updates) == [0, 2, 0])
            let report = try ended.json()
            #expect(report["kind"] as? String == "drill", "\(report)")
            let phases = report["phases"] as? [[String: Any]] ?? []
            let act = phases.first { $0["name"] as? String == "act" }?["took"] as? [String: Any]
            #expect(act?["state"] as? String == "known", "\(phases)")

            let markdown = try pair.start("explain", "2", "--format", "markdown").wait()
            #expect(markdown.code == 0 && markdown.text.hasPrefix("# ") && markdown.text.contains("ann"), "\(markdown.text)")
            let page = try pair.start("explain", "2", "--format", "html").wait()
            #expect(page.code == 0 && page.text.hasPrefix("<!DOCTYPE html>") && page.text.contains("<svg "))
            let back = try pair.start("explain", "3").wait()
            #expect(back.code == 0 && back.text.contains("its time is over"), "\(back.text)")
            #expect(try pair.start("explain", "9").wait().code == 1)
        }

        @Test("Ctrl-C, --abort and hold end a drill early, and everything goes back", arguments: ["SIGINT", "--abort", "hold"])
        func aborted(how: String) throws {
            let pair = try DrillPair()
            let controllers = try pair.controllers()
            let run = try drill(pair, "--mode", "live", "--yes", for: "10m")
            try eventually("everything is away: \(run.errorsSoFar) \(controllers.map(\.errorsSoFar))") {
                try pair.western() == [100, 100, 100] && run.errorsSoFar.contains("away")
            }
            switch how {
            case "SIGINT": kill(run.pid, SIGINT)
            case "hold": #expect(try pair.start("hold", "--why", "enough", "--by", "ben").wait().code == 0)
            default:
                let abort = try pair.start("drill", "--abort", "--by", "ben").wait()
                #expect(abort.code == 0, "\(abort.errors)")
            }
            let ended = try run.wait()
            #expect(ended.code == 0 && ended.errors.contains("it was ended early"), "\(ended.errors)")
            #expect(try pair.western() == [0, 0, 0])
        }

        @Test("a drill whose command is killed is ended by the controllers when its time is over")
        func killed() throws {
            let pair = try DrillPair()
            let controllers = try pair.controllers()
            let run = try drill(pair, "--mode", "live", "--yes", for: "3s")
            try eventually("everything is away: \(run.errorsSoFar) \(controllers.map(\.errorsSoFar))") {
                try pair.western() == [100, 100, 100]
            }
            run.stop()
            _ = try run.wait()
            try eventually("it is back: \(controllers.map(\.errorsSoFar))") { try pair.western() == [0, 0, 0] }
            try eventually("a controller tells of it") {
                try pair.start("history").wait().text.contains("it went through; everything is as before")
            }
            #expect(try pair.status().term == 3)
        }

        @Test("a drill is refused while something is held, and while another one is under way, and says why")
        func refused() throws {
            let pair = try DrillPair()
            let controllers = try pair.controllers()
            let first = try drill(pair, "--mode", "live", "--yes", for: "10m")
            try eventually("everything is away: \(first.errorsSoFar) \(controllers.map(\.errorsSoFar))") {
                try pair.western() == [100, 100, 100]
            }
            let second = try drill(pair, "--mode", "live", "--yes").wait()
            #expect(second.code == 1 && second.errors.contains("was not ended: resume or abort it first"), "\(second.errors)")
            #expect(try pair.start("hold", "--why", "maintenance", "--by", "ben").wait().code == 0)
            #expect(try first.wait().code == 0)
            let held = try drill(pair, "--mode", "live", "--yes").wait()
            #expect(held.code == 1 && held.errors.contains("ben holds it: maintenance"), "\(held.errors)")
            #expect(try pair.status().term == 3)
        }

        @Test("a drill of the schedule begins once, with two controllers in each Region, and comes back")
        func scheduled() throws {
            // Due at the next minute but one.
            let due = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 / 60).rounded(.down) * 60 + 120)
            let format = DateFormatter()
            (format.timeZone, format.locale, format.dateFormat) = (
                TimeZone(identifier: "UTC"), Locale(identifier: "C"), "HH:mm"
            )
            let pair = try DrillPair { groups in
                [
                    "drills:", "  schedule: [\(DrillPair.east) daily \(format.string(from: due)) 3s test-group]",
                    "  test-groups: [\(groups[2])]", "  approved-by: ann",
                ]
            }
            let controllers = try pair.controllers() + [pair.controller(DrillPair.east), pair.controller(DrillPair.west)]
            let status = try pair.start("status").wait()
            #expect(status.text.contains("daily \(format.string(from: due)) 3s test-group"), "\(status.text)")
            try eventually("the test group is away: \(controllers.map(\.errorsSoFar))") { try pair.western() == [0, 0, 100] }
            try eventually("it is back") { try pair.western() == [0, 0, 0] }
            try eventually("the record says so") {
                try pair.start("status").wait().text.contains("begun, term 2")
            }
            #expect(try pair.connect.groups().map(\.updates) == [0, 0, 2])
            #expect(try pair.status().term == 3)
            let report = try pair.start("explain", "2").wait()
            #expect(report.text.contains("approved by ann"), "\(report.text)")
        }

        @Test(
            "what is wrong with a schedule is said with its key",
            arguments: [
                ("schedule: [us-east-1 someday 10:00 10m live]", "failover.drills.schedule: 'someday' names no days"),
                ("schedule: [eu-west-1 daily 10:00 10m live]", "'eu-west-1' is no Region of the pair"),
                ("schedule: [us-east-1 daily 10:00 10m test-group]", "requires failover.drills.test-groups"),
                ("schedule: [us-east-1 daily 10:00 10m live]", "requires failover.drills.approved-by"),
                ("blocked: [noon]", "failover.drills.blocked: 'noon' names no days"),
                ("test-groups: [arn]", "failover.drills.test-groups: 'arn' is not in failover.groups"),
            ])
        func wrong(line: String, problem: String) throws {
            let pair = try DrillPair { _ in ["drills:", "  \(line)"] }
            let ended = try pair.controller().wait()
            #expect(ended.code == 2 && ended.errors.contains(problem), "\(ended.errors)")
        }
    }
}
