import ContactCenter
import FeedCore
import HTTPServer
import JSON
import Platform
import Synchronization

/// The clients of `/v1/changes`: each gets what it asked for of every batch, from its position on.
///
/// Batches come from one thread at a time (``append(_:)``). Nothing waits for a client: one that leaves too much lying is ended by its stream
/// and comes again with its position. Bound: clients, and bytes of batches that are kept for those that come again.
public final class ChangeHub: Sendable {
    /// Clients at a time; one more is told 503.
    public static let clientsMax = 5_000
    /// Bytes of events that a client may have missed, which it is told at once; half of what its stream may hold. Behind that it reads anew.
    private static let missedBytesMax = 128 << 10
    /// A comment goes to who was sent nothing for so long.
    private static let quietMilliseconds: Int64 = 15_000

    private struct Client {
        var stream: HTTPStream
        var filter: ChangeFilter
        var lastSent: Int64
        /// What it was told of a failover last.
        var told: FailoverNews?
    }

    /// What is known of a failover, and when that was read.
    private struct Heard {
        var news: FailoverNews
        var at: Int64
    }

    private struct State {
        var window: FeedWindow
        var clients: [UInt64: Client] = [:]
        /// Clients that named entities, by entity; the others look at every change.
        var byKey: [[UInt8]: Set<UInt64>] = [:]
        var wide: Set<UInt64> = []
        var made: UInt64 = 0
        var isDraining = false
        var failover: Heard?

        mutating func send(
            _ text: [UInt8], to number: UInt64, now: Int64 = monotonicMilliseconds()
        ) -> (HTTPStream, [UInt8])? {
            clients[number]?.lastSent = now
            return clients[number].map { ($0.stream, text) }
        }

        /// What a client has to be told of a failover; empty where it is nothing new.
        mutating func failover(for number: UInt64, now: Int64) -> [UInt8] {
            guard let failover, let client = clients[number], client.told != failover.news,
                client.told != nil || failover.news.state != .over
            else { return [] }
            clients[number]?.told = failover.news
            return failover.news.event(age: max(0, now - failover.at))
        }
    }

    private let state: Mutex<State>
    /// Held while something is made and sent, so that every client is sent everything in order. The end of a stream takes the state's lock alone.
    private let sending = Mutex(())

    /// `windowBytesMax`: of batches that are kept.
    package init(windowBytesMax: Int) { state = Mutex(State(window: FeedWindow(bytesMax: windowBytesMax))) }

    // MARK: What is told

    /// Everything up to this batch is known: positions behind it can be given.
    package func begin(behind number: UInt64) { state.withLock { $0.window.begin(behind: number) } }

    package func append(_ batch: FeedBatch) {
        sending.withLock { _ in
            let sends = state.withLock { state -> [(HTTPStream, [UInt8])] in
                state.window.append(batch)
                if batch.isReset {
                    let text = ChangeHub.reset(at: FeedPosition(endOf: batch.number))
                    return state.clients.keys.sorted().compactMap { state.send(text, to: $0) }
                }
                return ChangeHub.texts(of: batch, state).compactMap { state.send($0.value, to: $0.key) }
            }
            for (stream, bytes) in sends { stream.send(bytes) }
        }
    }

    private static func texts(of batch: FeedBatch, _ state: State) -> [UInt64: [UInt8]] {
        guard !state.clients.isEmpty else { return [:] }
        var texts: [UInt64: [UInt8]] = [:]
        for change in batch.changes {
            let key = [change.kind.rawValue] + Array(change.id.utf8)
            let named = state.byKey[key] ?? []
            guard !named.isEmpty || !state.wide.isEmpty else { continue }
            let text = event(change)
            for number in [named, state.wide].joined() {
                guard state.clients[number]?.filter.wants(change.kind, key) == true else { continue }
                texts[number, default: []] += text
            }
        }
        return texts
    }

    /// How a failover stands, as it was just read. Who is there is told where that is news; who comes later is told at once. Who was told of none is
    /// not told that none is under way.
    package func tell(_ news: FailoverNews, now: Int64 = monotonicMilliseconds()) {
        sending.withLock { _ in
            let sends = state.withLock { state -> [(HTTPStream, [UInt8])] in
                let isNews = state.failover?.news != news
                state.failover = Heard(news: news, at: now)
                guard isNews else { return [] }
                return state.clients.keys.sorted().compactMap { number in
                    let text = state.failover(for: number, now: now)
                    return text.isEmpty ? nil : state.send(text, to: number, now: now)
                }
            }
            for (stream, bytes) in sends { stream.send(bytes) }
        }
    }

    /// Whether anybody listens.
    package var isHeard: Bool { state.withLock { !$0.clients.isEmpty } }

    // MARK: Clients

    /// The stream of a new client; nil where there are too many, or the process ends.
    func open(_ filter: ChangeFilter, now: Int64 = monotonicMilliseconds()) -> HTTPStream? {
        let stream = HTTPStream()
        let opened = sending.withLock { _ -> UInt64? in
            let begun = state.withLock { state -> (UInt64, [UInt8])? in
                guard !state.isDraining, state.clients.count < ChangeHub.clientsMax else { return nil }
                state.made += 1
                let number = state.made
                state.clients[number] = Client(stream: stream, filter: filter, lastSent: now)
                if filter.keys.isEmpty { state.wide.insert(number) }
                for key in filter.keys { state.byKey[key, default: []].insert(number) }
                // Between two and six seconds, so that those who lost one server do not come to the next one at once.
                var text = Array("retry: \(Int.random(in: 2_000...6_000))\n\n".utf8)
                text += ChangeHub.beginning(filter, state.window)
                text += state.failover(for: number, now: now)
                return (number, text)
            }
            guard let (number, text) = begun else { return nil }
            stream.send(text)
            return number
        }
        guard let opened else { return nil }
        stream.onEnd { [weak self] in self?.forget(opened) }
        return stream
    }

    /// What a client is told first: what it missed, or that it has to read anew, or where it is.
    private static func beginning(_ filter: ChangeFilter, _ window: FeedWindow) -> [UInt8] {
        guard let end = window.end else { return [] }
        guard let after = filter.after.map({ FeedPosition($0) }) else { return Array("id: \(end.value)\n\n".utf8) }
        guard let batches = window.batches(after: after, limit: .max) else { return reset(at: end) }
        var text: [UInt8] = []
        for change in batches.lazy.flatMap(\.changes) where change.position > after {
            if filter.wants(change.kind, [change.kind.rawValue] + Array(change.id.utf8)) { text += event(change) }
            guard text.count <= ChangeHub.missedBytesMax else { return reset(at: end) }
        }
        return text + Array("id: \(end.value)\n\n".utf8)
    }

    private func forget(_ number: UInt64) {
        state.withLock { state in
            guard let client = state.clients.removeValue(forKey: number) else { return }
            state.wide.remove(number)
            for key in client.filter.keys {
                state.byKey[key]?.remove(number)
                if state.byKey[key]?.isEmpty == true { state.byKey[key] = nil }
            }
        }
    }

    /// Sends a comment, and where the feed is by now, to those that were sent nothing for a while. To be called about
    /// once a second.
    public func tick(now: Int64 = monotonicMilliseconds()) {
        sending.withLock { _ in
            let streams = state.withLock { state -> [(HTTPStream, [UInt8])] in
                let position = state.window.end.map { "id: \($0.value)\n" } ?? ""
                let text = Array(":\n\(position)\n".utf8)
                let quiet = state.clients.filter { now - $0.value.lastSent >= ChangeHub.quietMilliseconds }.keys.sorted()
                return quiet.compactMap { state.send(text, to: $0, now: now) }
            }
            for (stream, bytes) in streams { stream.send(bytes) }
        }
    }

    /// Ends all streams, and opens none any more.
    public func drain() {
        let streams = state.withLock { state in
            state.isDraining = true
            return state.clients.values.map(\.stream)
        }
        for stream in streams { stream.end() }
    }

    /// Clients at the moment.
    package var clientCount: Int { state.withLock { $0.clients.count } }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    // MARK: Texts

    private static func event(_ change: FeedChange) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("position", Int64(change.position.value))
            json.member("kind", "\(change.kind)")
            json.member("id", change.id)
            json.member("path", change.path)
            json.member("time", "\(change.time)")
            json.key("isTombstone")
            json.bool(change.isTombstone)
            json.member("change", change.name)
            json.object("stamp") { json in
                if let event = change.event { json.member("event", event) }
                json.member("region", change.region)
            }
        }
        return Array("id: \(change.position.value)\nevent: change\ndata: ".utf8) + json.bytes + Array("\n\n".utf8)
    }

    private static func reset(at position: FeedPosition) -> [UInt8] {
        Array("id: \(position.value)\nevent: reset\ndata: {\"position\":\(position.value)}\n\n".utf8)
    }
}
