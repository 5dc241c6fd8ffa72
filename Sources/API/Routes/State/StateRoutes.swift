import ContactCenter
public import EngineCore
import HTTPServer
import Lattice
import Platform
import Synchronization

extension HTTPRouter {
    /// `GET /state/KIND/ID`, one entity, and `GET /state/KIND`, a page of them: what `store` has durable (`docs/openapi.yaml`).
    ///
    /// Answers hold personal data by nature. `failed` is told what the client is not: why the store could not be read. `atOnceMax`: how many
    /// are answered at a time; one more is told 503 at once, and to come again.
    public mutating func addState(
        _ store: any Store, atOnceMax: Int = 8, failed: @escaping @Sendable (StoreError) -> Void
    ) {
        let state = StateAnswers(
            scope: "member", places: StatePlaces(atOnceMax),
            read: { (kind, id, found) throws(StoreError) in try store.read(kind, id, found) }, failed: failed)
        add("GET", "/state/{kind}/{id...}", access: .scopes(["read:personal"]), limit: .read) { state.entity($0) }
        add("GET", "/state/{kind}", access: .scopes(["read:personal"]), limit: .list) { state.page($0, of: store) }
    }

    /// The same of tables that are shared with other workers and Regions: `read` joins all of an entity. They have no order to page by.
    public mutating func addState(
        read: @escaping EntityReading, atOnceMax: Int = 8, failed: @escaping @Sendable (StoreError) -> Void
    ) {
        let state = StateAnswers(scope: "all", places: StatePlaces(atOnceMax), read: read, failed: failed)
        add("GET", "/state/{kind}/{id...}", access: .scopes(["read:personal"]), limit: .read) { state.entity($0) }
        add("GET", "/state/{kind}", access: .scopes(["read:personal"]), limit: .list) { _ in
            .problem(
                501, "this server does not list entities of DynamoDB tables; use converge show KIND --state dynamodb:PREFIX")
        }
    }
}

/// Answers from a store. Called on several threads at once.
private struct StateAnswers: Sendable {
    /// Bytes of a page after which no further entity begins.
    private static let pageBytesMax = 4 << 20

    /// Whose view it is: `member`, what this member's store holds, or `all`.
    let scope: StaticString
    let places: StatePlaces
    let read: EntityReading
    let failed: @Sendable (StoreError) -> Void

    func entity(_ request: HTTPRequest) -> HTTPResponse {
        answer(request, accepting: ["registers"]) { kind, query throws(StoreError) in
            let id = request.parameters["id"] ?? ""
            guard kind == .agent ? request.mayRead(agent: id) : !request.isAgents else { return .notYours }
            var body = ByteBuffer(capacity: 4096)
            try read(kind, id) { key, entity in
                StateWriter().appendLine(key: key, entity: entity, registers: query.registers, to: &body)
            }
            guard body.count > 0 else {
                return .problem(
                    404,
                    "no \(kind) '\(id)' in the state"
                        + (scope.view.equals("member") ? " of this member; /state/\(kind) lists them" : ""))
            }
            // In the place of the closing brace.
            body.truncate(to: body.count - 1)
            body.append(",\"scope\":\"")
            body.append(scope)
            body.append("\"}\n")
            return HTTPResponse(contentType: "application/json", body: body.array)
        }
    }

    func page(_ request: HTTPRequest, of store: any Store) -> HTTPResponse {
        answer(request, accepting: ["cursor", "limit", "registers"]) { kind, query throws(StoreError) in
            guard !request.isAgents else { return .notYours }
            let writer = StateWriter()
            var body = ByteBuffer(capacity: 1 << 16)
            var count = 0
            var last: [UInt8] = []
            var ids: [String] = []
            var hasMore = false
            body.append("{\"items\":[")
            try scan(store, kind, after: query.after) { key, entity in
                guard count < query.limit, body.count < StateAnswers.pageBytesMax else {
                    hasMore = true
                    return false
                }
                if count > 0 { body.append(",") }
                writer.appendLine(key: key, entity: entity, registers: query.registers, to: &body)
                count += 1
                last = Array(key.id)
                ids.append(key.id.text)
                return true
            }
            body.append("],\"next\":")
            body.append(hasMore ? "\"\(Base64URL.text(of: last))\"" : "null")
            body.append(",\"scope\":\"member\"}\n")
            var answer = HTTPResponse(contentType: "application/json", body: body.array)
            answer.subjects = ids
            return answer
        }
    }

    /// A scan whose body cannot fail.
    private func scan(
        _ store: any Store, _ kind: EntityKind, after id: [UInt8]?, _ body: (EntityKey, EntityView) -> Bool
    ) throws(StoreError) {
        do { try store.scan(kind, after: id, body) } catch let error as StoreError { throw error } catch {
            throw StoreError(.failed, "\(error)")
        }
    }

    private func answer(
        _ request: HTTPRequest, accepting names: [String],
        _ body: (EntityKind, StateQuery) throws(StoreError) -> HTTPResponse
    ) -> HTTPResponse {
        let kind: EntityKind
        let query: StateQuery
        do throws(UsageError) { kind = try EntityKind(told: request.parameters["kind"] ?? "") } catch {
            return .problem(404, "\(error)")
        }
        do throws(UsageError) { query = try StateQuery(request, accepting: names) } catch {
            return .problem(400, "\(error)")
        }
        guard places.take() else {
            return .problem(
                503, "the maximum number of requests for state is in progress; retry later",
                headers: [("Retry-After", "1")])
        }
        defer { places.giveBack() }
        do throws(StoreError) { return try body(kind, query) } catch {
            failed(error)
            switch error.reason {
            case .corrupt: return .problem(500, "the stored data cannot be read; see the worker's log")
            // The client has to know that there is something, and which row and dictionary it waits for.
            case .incomplete: return .problem(503, "incomplete: \(error)", headers: [("Retry-After", "1")])
            case .inUse, .full, .unavailable, .failed:
                return .problem(503, "the store cannot be read now; see the worker's log")
            }
        }
    }
}

/// Places for requests that are answered at a time: a store that hangs holds no more threads than these.
final class StatePlaces: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) { left = Mutex(count) }

    func take() -> Bool {
        left.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
    }

    func giveBack() { left.withLock { $0 += 1 } }
}

/// What a request for state asks for.
struct StateQuery {
    static let limits = 1...1000

    var registers = false
    var limit = 100
    /// Ids up to this one were told already.
    var after: [UInt8]?

    init(_ request: HTTPRequest, accepting names: [String]) throws(UsageError) {
        for name in request.query.keys.sorted() {
            guard names.contains(name) else {
                throw UsageError("unknown parameter '\(name)'. Accepted: \(names.joined(separator: ", "))")
            }
            guard !request.repeatedNames.contains(name) else {
                throw UsageError("\(name) is given more than once; give it once")
            }
        }
        if let text = request.query["registers"] {
            guard text == "true" || text == "false" else {
                throw UsageError("registers: '\(text)' is not accepted; give true or false")
            }
            registers = text == "true"
        }
        if let text = request.query["limit"] {
            guard let number = Int(text), StateQuery.limits.contains(number), text == "\(number)" else {
                throw UsageError("limit: '\(text)' is not accepted; give a whole number from 1 to 1000")
            }
            limit = number
        }
        if let text = request.query["cursor"] {
            guard let id = Base64URL.bytes(of: text), id.count <= EntityKind.idLengthMax else {
                throw UsageError("cursor: '\(text)' is not valid; give the 'next' of the previous page, or omit it")
            }
            after = id
        }
    }
}
