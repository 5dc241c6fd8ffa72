import ContactCenter
import EngineCore
import Glibc
import JSON
import Platform

// CPU time of one thread by how far it goes with a file of events: finding the lines, indexing the JSON, decoding mutations,
// applying them to a shard. What a stage costs is the difference to the one before.
// usage: bench-stages EVENTS-FILE

guard CommandLine.arguments.count == 2 else {
    print("usage: bench-stages EVENTS-FILE")
    exit(2)
}

enum Stage: Int, CaseIterable { case lines, index, decode, apply }

func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

func run(_ stage: Stage, file: Int32) throws -> (events: Int, bytes: Int, seconds: Double) {
    let decoder = RecordDecoder()
    let shard = Shard(index: 0)
    let batch = MutationBatch(sliceCount: 1)
    let parser = JSONParser()
    var buffer = ByteBuffer(capacity: 4 << 20)
    var events = 0
    var bytes = 0
    let chunk = 1 << 20
    let start = cpuSeconds()
    lseek(file, 0, SEEK_SET)
    while true {
        let before = buffer.count
        let got = read(file, buffer.extend(by: chunk), chunk)
        buffer.truncate(to: before + max(got, 0))
        if got <= 0 { break }
        bytes += got
        batch.removeAll()
        let text = buffer.bytes
        var at = 0
        while let end = text.firstOffset(of: UInt8(ascii: "\n"), from: at) {
            let line = text.slice(at, end - at)
            at = end + 1
            events += 1
            if stage == .index {
                try parser.begin(line)
                while try parser.next() != nil {}
            } else if stage != .lines {
                decoder.decode(line, arrival: nil, index: 0, into: batch)
            }
        }
        if stage == .apply {
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: batch.eventCount + 1) {
                shard.apply(batch, changed: $0)
            }
        }
        let rest = text.count - at
        memmove(buffer.base, buffer.base + at, rest)
        buffer.truncate(to: rest)
    }
    return (events, bytes, cpuSeconds() - start)
}

let file = open(CommandLine.arguments[1], O_RDONLY)
guard file >= 0 else {
    print("bench-stages: cannot open \(CommandLine.arguments[1]): \(String(cString: strerror(errno)))")
    exit(1)
}
_ = try run(.lines, file: file)
for stage in Stage.allCases {
    let (events, bytes, seconds) = try run(stage, file: file)
    let nanoseconds = Int(seconds / Double(events) * 1e9)
    print("up to \(stage): \(nanoseconds) ns an event, \(Int(Double(bytes) / seconds / 1e6)) MB/s")
}
