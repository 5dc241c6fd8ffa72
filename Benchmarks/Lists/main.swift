import API
import ContactCenter
import EngineCore
import FeedCore
import Glibc
import HTTPServer
import Platform
import Synchronization

// What a page of a list costs over 10,000 agents and 100,000 contacts, of which 10,000 go on, and how long what follows changes waits meanwhile. Microseconds of
// processor time, which other work on the machine does not change much; where somebody waits, of the clock. usage: bench-lists

func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

let now = Timestamp.now
nonisolated(unsafe) let reader = StateLineReader()

func entry(_ kind: EntityKind, _ id: String, _ registers: [String]) -> FeedEntry {
    let line = #"{"id":"\#(id)","kind":"\#(kind)","registers":{\#(registers.joined(separator: ","))},"state":{}}"#
    do {
        return try Array(line.utf8).withUnsafeBytes {
            try reader.read($0) { key, entity in
                FeedEntry(form: .told, key: Array(key), row: "us-east-1", entity: Array(entity.bytes))
            }
        }
    } catch {
        print("bench-lists: \(error)")
        exit(1)
    }
}

func register(_ path: String, _ value: String, _ time: Timestamp, measure: Int64? = nil) -> String {
    let rule = measure.map { #""measure":\#($0),"# } ?? ""
    let name = measure == nil ? "" : #""rule":"max","#
    return #""\#(path)":{"event":"","rank":2,"region":"us-east-1",\#(rule)\#(name)"time":"\#(time)","value":\#(value)}"#
}

func agent(_ number: Int, at time: Timestamp) -> FeedEntry {
    let status = number % 3 == 0 ? ("Lunch", "CUSTOM") : number % 100 == 1 ? ("Offline", "OFFLINE") : ("Available", "ROUTABLE")
    let hash = String(UInt64(number) &* 0x9E37_79B9_7F4A_7C15, radix: 16)
    let arn = "arn:aws:connect:us-east-1:111122223333:instance/7c1d52e0-1ed2-534e-bd1c-a50ecba1b41b"
    return entry(
        .agent, "111122223333/7c1d52e0-1ed2-534e-bd1c-a50ecba1b41b/\(hash)",
        [
            register("presence/us-east-1", "\"LOGIN\"", Timestamp(milliseconds: time.milliseconds - 1)),
            register("seen/us-east-1", "null", time, measure: time.milliseconds),
            register(
                "snapshot/us-east-1",
                """
                {"AgentStatus":{"ARN":"\(arn)/agent-state/x","Name":"\(status.0)","StartTimestamp":"\(time)","Type":"\(status.1)"},\
                "Configuration":{"AgentHierarchyGroups":{"Level1":{"ARN":"\(arn)/agent-group/1","Name":"Europe"},"Level2":null},\
                "FirstName":"Ann","LastName":"Lee\(number)","Proficiencies":[],"RoutingProfile":{"ARN":"\(arn)/routing-profile/p\(number % 20)",\
                "Concurrency":[{"AvailableSlots":1,"Channel":"VOICE","MaximumSlots":1},{"AvailableSlots":2,"Channel":"CHAT","MaximumSlots":3}],\
                "DefaultOutboundQueue":{"ARN":"\(arn)/queue/q","Name":"Basic"},"InboundQueues":[],"Name":"Profile \(number % 20)"},\
                "Username":"user\(number)"},"Contacts":[],"NextAgentStatus":null}
                """, time),
            register(
                "status/us-east-1", "\"\(status.1 == "OFFLINE" ? "OFFLINE" : "ONLINE")\"", time, measure: time.milliseconds),
        ])
}

func contact(_ number: Int) -> FeedEntry {
    let hash = String(UInt64(number) &* 0x9E37_79B9_7F4A_7C15, radix: 16)
    let queue =
        "\"arn:aws:connect:us-east-1:111122223333:instance/7c1d52e0-1ed2-534e-bd1c-a50ecba1b41b/queue/q\(number % 200)\""
    var registers = [
        register("event/channel", "\"VOICE\"", now),
        register("event/customerEndpoint", #"{"address":"+12065550142","type":"TELEPHONE_NUMBER"}"#, now),
        register("event/queue", queue, now),
    ]
    registers.append(register("seen/INITIATED", "null", now, measure: now.milliseconds))
    registers.append(register(number % 10 == 0 ? "seen/QUEUED" : "seen/DISCONNECTED", "null", now, measure: now.milliseconds))
    return entry(.contact, "c\(hash)", registers.sorted())
}

/// Median, 99th percentile and maximum in microseconds.
func spread(_ times: [Int64]) -> String {
    let sorted = times.sorted()
    func at(_ share: Double) -> String {
        let micro = Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1_000
        return "\((micro * 10).rounded() / 10)"
    }
    return "median \(at(0.5)), p99 \(at(0.99)), max \(at(1)) us"
}

func timed(_ count: Int, _ clock: clockid_t = CLOCK_THREAD_CPUTIME_ID, _ body: (Int) -> Void) -> [Int64] {
    (0..<count).map { number in
        let start = nanoseconds(clock)
        body(number)
        return nanoseconds(clock) - start
    }
}

let resident = ResidentState(bytesMax: 1 << 30)
nonisolated(unsafe) var number: UInt64 = 0
func batch(_ entries: [FeedEntry]) -> FeedBatch {
    number += 1
    return FeedBatch(number: number, author: "x", time: 0, cursor: FeedCursor(), entries: entries)
}

let agents = (0..<10_000).map { agent($0, at: now) }
let contacts = (0..<100_000).map { contact($0) }
resident.beginScan()
print("an agent comes:     ", spread(agents.map { entry in timed(1) { _ in resident.take(batch([entry])) }[0] }))
print("a contact comes:    ", spread(contacts.map { entry in timed(1) { _ in resident.take(batch([entry])) }[0] }))
print("the scan ends:      ", spread(timed(1) { _ in resident.endScan() }))
resident.isCurrent(asOf: now.milliseconds)
nonisolated(unsafe) var time = now.milliseconds
nonisolated(unsafe) var turn = 0
func change() -> FeedBatch {
    time += 1
    turn += 1
    return batch([agent(turn * 7 % 10_000, at: Timestamp(milliseconds: time))])
}
let changes = (0..<4_000).map { _ in change() }
print("an agent changes:   ", spread(changes[..<2_000].map { batch in timed(1) { _ in resident.take(batch) }[0] }))

struct NoStore: Error {}
let none: EntityReading = { (_, _, _) throws(StoreError) in }
let source = ReadingSource(
    read: none, rows: { (_, _, _) throws(StoreError) in }, regions: { [] }, failed: { _ in })
var built = HTTPRouter()
built.addLists(resident, source)
let router = built

@Sendable func get(_ path: String, _ query: [String: String] = [:]) -> Int {
    let answer = router.answer(HTTPRequest(method: "GET", path: path, query: query, id: "r"))
    guard answer.status == 200 else {
        print("bench-lists: \(path) \(query): \(answer.status)")
        exit(1)
    }
    return answer.body.bytes.count
}

for (name, path, query) in [
    ("100 agents:         ", "/v1/agents", [:]), ("1,000 agents:       ", "/v1/agents", ["limit": "1000"]),
    ("1 % of the agents:  ", "/v1/agents", ["presence": "offline", "limit": "1000"]),
    ("no agent, by name:  ", "/v1/agents", ["name": "nobody"]),
    ("no agent, by status:", "/v1/agents", ["status": "Nowhere"]),
    ("100 contacts:       ", "/v1/contacts", [:]),
    (
        "contacts of a queue:", "/v1/contacts",
        ["queue": "arn:aws:connect:us-east-1:111122223333:instance/7c1d52e0-1ed2-534e-bd1c-a50ecba1b41b/queue/q20"]
    ),
    ("no contact:         ", "/v1/contacts", ["queue": "none"]), ("the summary:        ", "/v1/summary", [:]),
] as [(String, String, [String: String])] {
    let bytes = get(path, query)
    print(name, spread(timed(200) { _ in _ = get(path, query) }), "\(bytes) bytes")
}

final class Flag: Sendable { let isUp = Mutex(false) }
let isOver = Flag()
let searches = ["no agent, by name": ("/v1/agents", ["name": "nobody"]), "1,000 agents": ("/v1/agents", ["limit": "1000"])]
for (name, (path, query)) in searches.sorted(by: { $0.key < $1.key }) {
    isOver.isUp.withLock { $0 = false }
    let thread = SystemThread { while !isOver.isUp.withLock({ $0 }) { _ = get(path, query) } }
    let waits = changes[2_000...].map { batch in timed(1, CLOCK_MONOTONIC) { _ in resident.take(batch) }[0] }
    isOver.isUp.withLock { $0 = true }
    thread?.join()
    print("an agent changes, while somebody asks all the time for \(name): \(spread(waits))")
}
