import Measuring

/// The worker beside a consumer that only counts, with librdkafka's defaults and with the fastest settings found, each as a process of its own, in turn, over the same topic of the same broker.
struct DrainReport {
    let program: String
    let converge: String
    let count: String
    let file: String
    let events: Int
    let scratch: String
    let rounds: Int
    /// Of librdkafka, for the worker.
    let options: [String]

    private static let topic = "events"

    private struct Round {
        var plain: Run
        var fastest: Run
        var embedded: Run
        var memory: Run
        var brokerSeconds: Double
    }

    func run() throws {
        let bytes = try byteCount(of: file, events: events)
        let partitions = bytes / Broker.partitionBytesMax + 1
        let broker = try Broker(program, topic: DrainReport.topic, partitions: partitions, events: events, of: file)
        var all: [Round] = []
        for number in 1...rounds {
            writeProgress("drain: round \(number) of \(rounds)")
            let before = broker.cpuSeconds
            all.append(
                Round(
                    plain: try bare(broker, "plain-\(number)", []),
                    fastest: try bare(broker, "fastest-\(number)", DrainReport.fastest),
                    embedded: try worker(broker, number, "embedded"),
                    memory: try worker(broker, number, "memory"),
                    brokerSeconds: broker.cpuSeconds - before))
        }
        print("## Drain\n")
        print(machineLine())
        print(
            "`\(file.split(separator: "/").last ?? "")`: \(events) events, \(bytes / events) bytes each, ", terminator: "")
        print("in \(partitions) partitions; \(rounds) rounds of all in turn; median (least to greatest).\n")
        table(all, bytes: Double(bytes))
        let brokerShare = Spread(all.map { $0.brokerSeconds / 4 / Double(events) * 1e6 })
        print("\nThe broker used \(brokerShare) us of CPU an event.")
    }

    /// With the queue as long as it may be, since a full one makes this version of librdkafka rest for a second.
    private static let fastest = [
        "fetch.max.bytes=4194304", "queued.max.messages.kbytes=2000000", "queued.min.messages=1000000",
    ]

    private func bare(_ broker: Broker, _ group: String, _ options: [String]) throws -> Run {
        let run = try Run(
            [count, broker.address, group, DrainReport.topic, "partition.assignment.strategy=roundrobin"] + options,
            errors: scratch + "/count.log")
        guard run.number("events") == Double(events) else { throw BenchmarkError("\(count) did not see all events") }
        return run
    }

    private func worker(_ broker: Broker, _ number: Int, _ kind: String) throws -> Run {
        let state = scratch + "/state-\(kind)"
        let log = scratch + "/worker.log"
        _ = try Run(["/bin/rm", "-rf", state, log, state + ".jsonl"])
        defer { _ = try? Run(["/bin/rm", "-rf", state, state + ".jsonl"]) }
        let flags =
            WorkerFlags.reading(DrainReport.topic, of: broker.address, as: "\(kind)-\(number)", options)
            + ["--until-end", "--store-kind", kind, "--log-path", log, "--dead-letters-path", state + ".jsonl"]
            + (kind == "embedded" ? ["--store-path", state] : [])
        var run = try Run([converge, "run"] + flags)
        run.output = try lastFields(of: log)
        guard run.number("records") == Double(events) else { throw BenchmarkError("the worker did not see all events: \(log)") }
        return run
    }

    /// What the last line of a log says.
    private func lastFields(of log: String) throws -> [UInt8] {
        var lines = try EventFile(log).lines
        var last = UnsafeRawBufferPointer(start: nil, count: 0)
        while let line = lines.next() { last = line }
        return fields(in: Array(last))
    }

    private func table(_ all: [Round], bytes: Double) {
        func row(_ name: String, _ of: (Run) -> Double) {
            let cells = [\Round.plain, \.fastest, \.embedded, \.memory].map { run in all.map { of($0[keyPath: run]) } }
            print("| \(name) | " + cells.map { $0[0].isNaN ? "" : Spread($0).description }.joined(separator: " | ") + " |")
        }
        func seconds(_ run: Run) -> Double { run.number("seconds") }
        func share(_ run: KeyPath<Round, Run>, of bare: KeyPath<Round, Run>) -> Spread {
            Spread(all.map { seconds($0[keyPath: bare]) / seconds($0[keyPath: run]) })
        }
        print("| | bare consumer, defaults | bare consumer, fastest | run, embedded | run, memory |\n|---|---|---|---|---|")
        print(
            "| **share of the rate with defaults** | 1 | \(share(\.fastest, of: \.plain)) | **\(share(\.embedded, of: \.plain))** | "
                + "**\(share(\.memory, of: \.plain))** |")
        print(
            "| **share of the fastest rate** | | 1 | **\(share(\.embedded, of: \.fastest))** | "
                + "**\(share(\.memory, of: \.fastest))** |")
        row("events/s") { Double(events) / seconds($0) }
        row("MB/s") { bytes / seconds($0) / 1e6 }
        row("seconds, assigned to durable") { seconds($0) }
        row("CPU of the whole process, us an event") { $0.cpuSeconds / Double(events) * 1e6 }
        row("peak resident memory, MB") { Double($0.peakMemoryBytes) / 1e6 }
        row("flushes") { $0.number("flushes") }
    }
}
