import Measuring

import Glibc

/// Measures and prints, as Markdown.
struct Report {
    let converge: String
    let walk: String
    let file: String
    let scratch: String
    let rounds: Int
    let threads: Int

    private struct Round {
        var walk: Run
        var memory: Run
        var embedded: Run
    }

    func run() throws {
        _ = try Run([walk, file, "\(threads)"])  // warms the page cache
        var all: [Round] = []
        for round in 1...rounds {
            writeProgress("round \(round) of \(rounds)")
            all.append(
                Round(
                    walk: try Run([walk, file, "\(threads)"]),
                    memory: try Run(replay(["--memory", "--dead-letters", scratch + "/dead-letters.jsonl"])),
                    embedded: try embedded(round)))
        }
        let start = try startUp()
        print(machineLine())
        print("`\(file.split(separator: "/").last ?? "")`: \(count(all[0].walk.number("events"))) events, ", terminator: "")
        print("\(rounded(all[0].walk.number("bytes") / all[0].walk.number("events"))) bytes each; ", terminator: "")
        print("\(threads) threads; \(rounds) rounds of walk, memory, embedded in turn; median (least to greatest).\n")
        table(all)
        print("\nStart-up, the whole process with one event in memory: \(start) ms.")
    }

    private func replay(_ flags: [String]) -> [String] {
        [converge, "replay", file, "--threads", "\(threads)", "--format", "json"] + flags
    }

    private func embedded(_ round: Int) throws -> Run {
        let state = scratch + "/state-\(getpid())-\(round)"
        defer { _ = try? Run(["/bin/rm", "-rf", state]) }
        return try Run(replay(["--state", state]))
    }

    private func startUp() throws -> Spread {
        let one = scratch + "/one.jsonl"
        _ = try Run([converge, "generate", "--events", "1", "--start", "2026-03-02T14:00:00Z", "--output", one])
        return Spread(try (0..<20).map { _ in try Run([converge, "replay", one, "--memory"]).wallSeconds * 1000 })
    }

    private func table(_ all: [Round]) {
        func seconds(_ run: Run) -> Double { run.number("seconds") }
        func row(_ name: String, _ of: (Run) -> Double) {
            let cells = [all.map { of($0.walk) }, all.map { of($0.memory) }, all.map { of($0.embedded) }]
            print("| \(name) | " + cells.map { $0[0].isNaN ? "" : Spread($0).description }.joined(separator: " | ") + " |")
        }
        let events = all[0].walk.number("events")
        let bytes = all[0].walk.number("bytes")
        print("| | bare walk | replay, memory | replay, embedded |")
        print("|---|---|---|---|")
        let memory = Spread(all.map { seconds($0.walk) / seconds($0.memory) })
        let embedded = Spread(all.map { seconds($0.walk) / seconds($0.embedded) })
        print("| **share of the walk's rate** | 1 | **\(memory)** | **\(embedded)** |")
        row("events/s") { events / seconds($0) }
        row("MB/s") { bytes / seconds($0) / 1e6 }
        row("seconds, reading to durable") { seconds($0) }
        row("seconds, digest afterwards") { $0.number("digestSeconds") }
        row("CPU of the whole process, us an event") { $0.cpuSeconds / events * 1e6 }
        row("peak resident memory, MB") { Double($0.peakMemoryBytes) / 1e6 }
        row("entities") { $0.number("entities") }
        row("entity memory, bytes an entity") { $0.number("residentBytes") / $0.number("entities") }
        row("entity memory, bytes a byte of canonical state") { $0.number("residentBytes") / $0.number("stateBytes") }
        row("peak memory, bytes a byte of canonical state") { Double($0.peakMemoryBytes) / $0.number("stateBytes") }
    }

    private func count(_ value: Double) -> String { String(Int(value)) }
}
