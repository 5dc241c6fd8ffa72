import Measuring

/// How long after it was due an event is durable in the worker, and beside it how long until a consumer that only counts has it.
struct LagReport {
    let program: String
    let file: String
    let scratch: String
    let rounds: Int
    let rate: Int
    let seconds: Int
    /// Of librdkafka, for both.
    let options: [String]

    static let warmUpSeconds = 5
    static let partitions = 32
    /// Time for the followers to join and for the producer to look around.
    private static let startNanoseconds: Int64 = 7_000_000_000

    private struct Round {
        var floor: Run
        var worker: Run
        var producers: [Run]
    }

    func run() throws {
        var all: [Round] = []
        for number in 1...rounds {
            writeProgress("lag: round \(number) of \(rounds)")
            let floor = try follow("floor")
            let worker = try follow("follow")
            all.append(Round(floor: floor.follower, worker: worker.follower, producers: [floor.producer, worker.producer]))
        }
        let count = schedule(start: 0).events
        print("## Lag\n")
        print(machineLine())
        print(
            "\(rate) events a second of \(try byteCount(of: file, events: count) / count) bytes for \(seconds) s, ",
            terminator: "")
        print("after \(LagReport.warmUpSeconds) s that do not count; \(LagReport.partitions) partitions; ", terminator: "")
        print("\(rounds) rounds of floor, worker in turn; median (least to greatest); milliseconds.\n")
        table(all)
        let late = Spread(all.flatMap { $0.producers.map { $0.number("late99") / 1000 } })
        let cpu = Spread(all.flatMap { $0.producers.map { $0.cpuSeconds / Double(count) * 1e6 } })
        print("\nThe producer took \(cpu) us of CPU an event on the same machine; 99 % of the events it sent ", terminator: "")
        print("within \(late) ms of when they were due, which is in the lag of both.")
    }

    private func schedule(start: Int64) -> Schedule {
        Schedule(
            start: start, rate: rate, partitions: LagReport.partitions, warmUpSeconds: LagReport.warmUpSeconds, seconds: seconds
        )
    }

    private func follow(_ kind: String) throws -> (follower: Run, producer: Run) {
        let broker = try Broker(program, topic: kind, partitions: LagReport.partitions, events: 0, of: file)
        let state = scratch + "/state-lag"
        _ = try Run(["/bin/rm", "-rf", state])
        defer { _ = try? Run(["/bin/rm", "-rf", state]) }
        let plan = schedule(start: nanoseconds() + LagReport.startNanoseconds).description
        let follower = try Started([program, kind, broker.address, kind, plan, state] + options, errors: scratch + "/lag.log")
        let producer: Run
        do {
            producer = try Run([program, "pace", broker.address, kind, plan, file])
        } catch {
            follower.end()
            _ = try? follower.wait()
            throw error
        }
        return (try follower.wait(), producer)
    }

    private func table(_ all: [Round]) {
        func row(_ name: String, _ of: (Run) -> Double) {
            let cells = [all.map { of($0.floor) }, all.map { of($0.worker) }]
            print("| \(name) | " + cells.map { $0[0].isNaN ? "" : Spread($0).description }.joined(separator: " | ") + " |")
        }
        print("| | bare consumer has it | durable in the worker |\n|---|---|---|")
        for name in ["p50", "p90", "p99", "p99.9", "p99.99", "max"] { row(name) { $0.number(name) / 1000 } }
        row("events") { $0.number("events") }
        row("CPU of the process, us an event") { $0.number("cpu") }
        row("flushes") { $0.number("flushes") }
        row("p50 of a flush's write") { $0.number("write50") / 1000 }
        row("p99 of a flush's write") { $0.number("write99") / 1000 }
        row("longest write") { $0.number("writeMax") / 1000 }
        row("peak resident memory, MB") { Double($0.peakMemoryBytes) / 1e6 }
    }
}
