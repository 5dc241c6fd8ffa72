import ContactCenter
import FeedCore
import Foundation
import Lattice
import Storage
import Testing

@testable import API
@testable import HTTPServer
@testable import Platform

/// A server over what is in memory, and what it lists.
final class ListWorld {
    static let now = Timestamp("2026-03-05T15:30:00.000Z") ?? .latest

    let resident: ResidentState
    let router: HTTPRouter
    /// What was put and not removed, as `docs/state.md` projects it; by kind and id.
    private(set) var states: [String: [String: Any]] = [:]
    private let reader = StateLineReader()
    private let writer = StateWriter()
    private var encoded: [[UInt8]: [UInt8]] = [:]
    private var number: UInt64 = 0

    init(bytesMax: Int = 256 << 20, isRead: Bool = true, now: Timestamp = ListWorld.now) {
        let resident = ResidentState(bytesMax: bytesMax)
        resident.beginScan()
        if isRead {
            resident.endScan()
            resident.isCurrent(asOf: ListWorld.now.milliseconds)
        }
        self.resident = resident
        router = ListWorld.router(resident, now)
    }

    static func router(_ resident: ResidentState?, _ now: Timestamp) -> HTTPRouter {
        var source = ReadingSource(MemoryStore(), at: "m", regions: { [] }, clock: { now }, failed: { _ in })
        if let resident { source.regions = { resident.joined(to: [ReadingRegion(name: "us-east-1", isOwn: true)]) } }
        var router = HTTPRouter()
        router.addReading(source)
        router.addLists(resident, source)
        return router
    }

    // MARK: What is in memory

    /// Joins registers to what is known of an entity: paths with registers as `docs/state.md` writes them.
    func put(_ kind: EntityKind, _ id: String, row: String = "r", _ registers: [String: String]) throws {
        let members = registers.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
            "\"\($0.key)\":\($0.value)"
        }
        let line = #"{"id":"\#(id)","kind":"\#(kind)","registers":{\#(members.joined(separator: ","))},"state":{}}"#
        try Array(line.utf8).withUnsafeBytes { line in
            try reader.read(line) { key, entity in take(Array(key), row, Array(entity.bytes)) }
        }
    }

    private func take(_ key: [UInt8], _ row: String, _ entity: [UInt8]) {
        number += 1
        let entry = FeedEntry(form: .told, key: key, row: row, entity: entity)
        resident.take(FeedBatch(number: number, author: "x", time: 0, cursor: FeedCursor(), entries: [entry]))
        var joined = ByteBuffer()
        let known = encoded[key] ?? EntityView.emptyEncoding
        let isChanged = known.withUnsafeBytes { known in
            entity.withUnsafeBytes { Join.join(EntityView(known), EntityView($0), into: &joined).changed }
        }
        let whole = isChanged ? joined.array : known
        encoded[key] = whole
        var state = ByteBuffer()
        key.withUnsafeBytes { key in
            whole.withUnsafeBytes { writer.appendState(key: EntityKey(key), entity: EntityView($0), to: &state) }
        }
        states[ListWorld.name(key)] =
            (try? JSONSerialization.jsonObject(with: Data(state.array)) as? [String: Any]) ?? [:]
    }

    func remove(_ kind: EntityKind, _ id: String, row: String = "r") {
        let key = [kind.rawValue] + Array(id.utf8)
        number += 1
        let entry = FeedEntry(form: .gone, key: key, row: row, entity: EntityView.emptyEncoding)
        resident.take(FeedBatch(number: number, author: "x", time: 0, cursor: FeedCursor(), entries: [entry]))
        encoded[key] = nil
        states[ListWorld.name(key)] = nil
    }

    private static func name(_ key: [UInt8]) -> String {
        "\(EntityKind(rawValue: key[0]) ?? .alias) " + String(decoding: key.dropFirst(), as: UTF8.self)
    }

    /// Those of a kind by id, as they are projected.
    func all(_ kind: EntityKind) -> [(id: String, state: [String: Any])] {
        states.filter { $0.key.hasPrefix("\(kind) ") }.map { (String($0.key.dropFirst("\(kind) ".count)), $0.value) }
            .sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    }

    func agent(
        _ id: String, _ region: String, _ word: String? = nil, status: String? = nil, type: String = "ROUTABLE",
        profile: String = "Basic", username: String = "ann", name: String = "Ann Lee", seen: Timestamp = ListWorld.now
    ) throws {
        var registers = ["seen/\(region)": ListWorld.extremum(seen, region)]
        if let word { registers["presence/\(region)"] = ListWorld.register("\"\(word)\"", seen, region) }
        if let status {
            let names = name.split(separator: " ")
            registers["snapshot/\(region)"] = ListWorld.register(
                """
                {"AgentStatus":{"Name":"\(status)","StartTimestamp":"\(seen)","Type":"\(type)"},"Configuration":{"FirstName":"\(names[0])",\
                "LastName":"\(names[1])","RoutingProfile":{"ARN":"arn:p/\(profile)","Name":"\(profile)"},"Username":"\(username)"}}
                """, seen, region)
        }
        try put(.agent, id, row: region, registers)
    }

    func contact(
        _ id: String, _ region: String, _ phase: String, channel: String = "VOICE", queue: String? = nil, agent: String? = nil,
        at: Timestamp = ListWorld.now
    ) throws {
        var registers = [
            "seen/\(phase)": ListWorld.extremum(at, region), "event/channel": ListWorld.register("\"\(channel)\"", at, region),
        ]
        if let queue { registers["event/queue"] = ListWorld.register("\"arn:q/\(queue)\"", at, region) }
        if let agent {
            registers["agent/\(agent.replacing("/", with: "%2F"))"] = ListWorld.register(
                #"{"channel":"\#(channel)","connectedAt":null,"queue":null,"state":"CONNECTING","username":"ann"}"#, at, region)
            registers["connected/\(agent.replacing("/", with: "%2F"))"] = ListWorld.extremum(at, region)
        }
        try put(.contact, id, row: region, registers)
    }

    static func register(_ value: String, _ time: Timestamp, _ region: String) -> String {
        #"{"event":"","rank":2,"region":"\#(region)","time":"\#(time)","value":\#(value)}"#
    }

    private static func extremum(_ time: Timestamp, _ region: String) -> String {
        #"{"event":"","measure":\#(time.milliseconds),"rank":2,"region":"\#(region)","rule":"max","time":"\#(time)","value":null}"#
    }

    // MARK: What it answers

    func get(
        _ target: String, method: String = "GET", _ headers: [(name: String, value: String)] = [], as caller: HTTPCaller? = nil
    ) throws -> HTTPResponse {
        var request = try #require(HTTPRequest(method: method, target: target))
        request.headers = HTTPHeaders(headers)
        request.caller = caller
        return router.answer(request)
    }

    /// A whole answer, which has to be 200.
    func answer(_ target: String, as caller: HTTPCaller? = nil) throws -> [String: Any] {
        let answer = try get(target, as: caller)
        let text = String(decoding: answer.body.bytes, as: UTF8.self)
        try #require(answer.status == 200, "\(target): \(answer.status) \(text)")
        return try #require(JSONSerialization.jsonObject(with: Data(answer.body.bytes)) as? [String: Any], "\(text)")
    }

    struct Page {
        var items: [[String: Any]]
        var next: String?
        var isPartial: Bool

        var ids: [String] { items.compactMap { $0["id"] as? String } }
    }

    func page(_ target: String, as caller: HTTPCaller? = nil) throws -> Page {
        let data = try #require(try answer(target, as: caller)["data"] as? [String: Any])
        return Page(
            items: try #require(data["items"] as? [[String: Any]]), next: data["next"] as? String,
            isPartial: try #require(data["isPartial"] as? Bool))
    }

    /// Ids of all pages; `between` is called after each.
    func ids(_ target: String, limit: Int = 1_000, as caller: HTTPCaller? = nil, between: () throws -> Void = {}) throws
        -> [String]
    {
        var ids: [String] = []
        var cursor = ""
        let sign = target.contains("?") ? "&" : "?"
        while true {
            let page = try page("\(target)\(sign)limit=\(limit)\(cursor)", as: caller)
            try #require(page.items.count <= limit && (ids.isEmpty || page.ids.first != ids.last))
            ids += page.ids
            guard let next = page.next else { return ids }
            cursor = "&cursor=\(next)"
            try between()
        }
    }
}
