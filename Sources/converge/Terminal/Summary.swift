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
        func object(_ members: [(String, Int)]) -> String {
            var text = ByteBuffer()
            for (name, count) in members {
                text.append(text.count == 0 ? "{" : ",")
                text.appendJSONString(name)
                text.append(":\(count)")
            }
            return text.count == 0 ? "{}" : text.bytes.text + "}"
        }
        let members = [
            "\"cpuSeconds\":" + fixed(cpuSeconds, 6),
            "\"cutFiles\":\(cutFiles)",
            "\"deadLetters\":" + object(deadLetters),
            "\"digest\":\"\(export.digest)\"",
            "\"digestSeconds\":" + fixed(digestSeconds, 6),
            "\"entities\":" + object(entities),
            "\"events\":" + object(events),
            "\"eventsPerSecond\":" + fixed(eventsPerSecond, 1),
            "\"flushedBytes\":\(totals.flushedBytes)",
            "\"flushes\":\(totals.flushes)",
            "\"megabytesPerSecond\":" + fixed(megabytesPerSecond, 3),
            "\"peakMemoryBytes\":\(peakMemoryBytes())",
            "\"quarantined\":\(totals.quarantined)",
            "\"records\":\(totals.records)",
            "\"residentBytes\":\(residentBytes)",
            "\"seconds\":" + fixed(seconds, 6),
            "\"skippedFiles\":\(skippedFiles)",
            "\"stateBytes\":\(export.byteCount)",
            "\"ties\":\(totals.merges.ties)",
            "\"unchanged\":\(totals.unchanged)",
            "\"unknown\":\(totals.unknown)",
            "\"unknownKinds\":" + object(unknownKinds.sorted { $0.0 < $1.0 }),
        ]
        return "{" + members.joined(separator: ",") + "}\n"
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
