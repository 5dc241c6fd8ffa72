import Bytes
import ContactCenter
import Engine
import Glibc
import JSON
import Lattice

// usage: perf FILE [index|decode|apply]
func now() -> Double { var t = timespec(); clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); return Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9 }
let fd = open(CommandLine.arguments[1], O_RDONLY)
let what = CommandLine.arguments.count > 2 ? CommandLine.arguments[2] : "apply"
let decoder = RecordDecoder()
let shard = Shard(index: 0)
let batch = MutationBatch(laneCount: 1)
let parser = JSONParser()
var buffer = ByteBuffer(capacity: 4 << 20)
var events = 0, bytes = 0, mutations = 0
let t0 = now()
var nodes = 0
while true {
    let got = Glibc.read(fd, buffer.extend(by: 1 << 20), 1 << 20)
    if got <= 0 { break }
    buffer.truncate(to: buffer.count - (1 << 20) + got)
    bytes += got
    var at = 0
    batch.removeAll()
    let text = buffer.bytes
    while let end = text.firstOffset(of: 10, from: at) {
        let line = text.slice(at, end - at)
        at = end + 1
        events += 1
        if what == "index" { try parser.begin(line); while let d = try parser.next() { nodes += d.hasEscapedKeys ? 1 : 0 } }
        else if what != "lines" { decoder.decode(line, arrival: nil, index: 0, into: batch) }
    }
    if what == "apply" {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: batch.eventCount) { shard.apply(batch, changed: $0) }
    }
    mutations += batch.byteCount
    let rest = text.count - at
    memmove(buffer.base, buffer.base + at, rest)
    buffer.truncate(to: rest)
}
let t = now() - t0
print("\(what): \(events) events \(t)s \(Double(events) / t / 1e6) M/s \(Double(bytes) / t / 1e9) GB/s mutation bytes \(mutations) entities \(shard.entityCount) resident \(shard.residentBytes) rejected \(batch.rejections.count) \(batch.unknown) won \(shard.counts)")
var big: [(Int, String)] = []
shard.forEach { k, e in if e.count > 20000 { big.append((e.count, "\(k[0]) " + EntityKey(k).id.text + " regs \(EntityView(e).count)")) } }
for b in big.sorted(by: { $0.0 > $1.0 }).prefix(5) { print(b) }
