import ContactCenter
public import Engine
public import EngineCore
import Glibc
import JSON
import Observability
import Platform

/// What a replay tells at its end. The JSON names are part of the output contract (`docs/state.md`).
public struct Summary: Sendable {
    public var totals: Totals
    public var export: StateExport.Result
    /// Reading, merging and making durable.
    public var seconds: Double
    /// CPU time of the process meanwhile, of all its threads.
    public var cpuSeconds: Double
    /// Formatting and hashing the state afterwards.
    public var digestSeconds: Double
    /// Memory that entities took at the end.
    public var residentBytes: Int
    /// Files consumed by an earlier replay.
    public var skippedFiles: Int
    /// Captures that a killed worker had left cut off, and that were read as far as they go.
    public var cutFiles: Int

    public init(
        totals: Totals, export: StateExport.Result, seconds: Double, cpuSeconds: Double, digestSeconds: Double,
        residentBytes: Int, skippedFiles: Int, cutFiles: Int
    ) {
        self.totals = totals
        self.export = export
        self.seconds = seconds
        self.cpuSeconds = cpuSeconds
        self.digestSeconds = digestSeconds
        self.residentBytes = residentBytes
        self.skippedFiles = skippedFiles
        self.cutFiles = cutFiles
    }

    private var eventsPerSecond: Double { seconds > 0 ? Double(totals.eventCount) / seconds : 0 }
    private var megabytesPerSecond: Double { seconds > 0 ? Double(totals.bytes) / seconds / 1e6 : 0 }
    private var events: [(String, Int)] {
        EventType.allCases.map { ($0.name, totals.events[$0.rawValue]) }.filter { $0.1 > 0 }.sorted { $0.0 < $1.0 }
    }
    private var entities: [(String, Int)] {
        EntityKind.allCases.map { ("\($0)", export.entities[$0] ?? 0) }.filter { $0.1 > 0 }
    }
    /// Most first.
    private var unknownKinds: [(String, Int)] {
        totals.unknownKinds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }
    private var deadLetters: [(String, Int)] { totals.deadLetters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    /// One JSON object and a newline.
    public var json: String {
        jsonLine { json in
            json.member("cpuSeconds", number: fixed(cpuSeconds, 6))
            json.member("cutFiles", cutFiles)
            json.object("deadLetters") { write(deadLetters, to: &$0) }
            json.member("digest", export.digest)
            json.member("digestSeconds", number: fixed(digestSeconds, 6))
            json.object("entities") { write(entities, to: &$0) }
            json.object("events") { write(events, to: &$0) }
            json.member("eventsPerSecond", number: fixed(eventsPerSecond, 1))
            json.member("flushedBytes", totals.flushedBytes)
            json.member("flushes", totals.flushes)
            json.member("megabytesPerSecond", number: fixed(megabytesPerSecond, 3))
            json.member("peakMemoryBytes", peakMemoryBytes())
            json.member("quarantined", totals.quarantined)
            json.member("records", totals.records)
            json.member("residentBytes", residentBytes)
            json.member("seconds", number: fixed(seconds, 6))
            json.member("skippedFiles", skippedFiles)
            json.member("stateBytes", export.byteCount)
            json.member("ties", totals.merges.ties)
            json.member("unchanged", totals.unchanged)
            json.member("unknown", totals.unknown)
            json.object("unknownKinds") { write(unknownKinds.sorted { $0.0 < $1.0 }, to: &$0) }
            json.member("withoutAlias", totals.withoutAlias)
        }
    }

    private func write(_ counts: [(String, Int)], to json: inout JSONWriter) {
        for (name, count) in counts {
            json.key(name)
            json.integer(Int64(count))
        }
    }

    public var table: String {
        var table = Table(rightAligned: [1])
        table.add("records", grouped(totals.records))
        table.add("events", grouped(totals.eventCount))
        for (name, count) in events { table.add("  " + name, grouped(count)) }
        table.add("entities", grouped(entities.reduce(0) { $0 + $1.1 }))
        for (name, count) in entities { table.add("  " + name, grouped(count)) }
        table.add("unknown", grouped(totals.unknown))
        for (name, count) in unknownKinds { table.add("  " + name, grouped(count)) }
        if totals.withoutAlias > 0 { table.add("without alias", grouped(totals.withoutAlias)) }
        table.add("dead letters", grouped(totals.deadLetterCount))
        for (name, count) in deadLetters { table.add("  " + name, grouped(count)) }
        table.add("quarantined", grouped(totals.quarantined))
        table.add("unchanged", grouped(totals.unchanged))
        table.add("ties", grouped(totals.merges.ties))
        if skippedFiles > 0 { table.add("files already read", grouped(skippedFiles)) }
        if cutFiles > 0 { table.add("incomplete files", grouped(cutFiles)) }
        table.add("seconds", fixed(seconds, 3))
        table.add("events/s", grouped(Int(eventsPerSecond)))
        table.add("MB/s", fixed(megabytesPerSecond, 1))
        return table.text + "digest  \(export.digest)\n"
    }
}

/// The most memory the process has had resident, in bytes.
public func peakMemoryBytes() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
}
