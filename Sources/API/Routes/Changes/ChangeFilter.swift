import ContactCenter
import HTTPServer
import Platform

/// Which changes a client of `/v1/changes` wants, and from where on.
struct ChangeFilter: Sendable, Equatable {
    /// Entities that a client may name.
    static let idsMax = 256

    /// Empty: all kinds.
    var kinds: Set<EntityKind> = []
    /// Keys of entities; empty: all.
    var keys: Set<[UInt8]> = []
    /// The position that the client has; nil: it begins now.
    var after: UInt64?

    /// `kinds=agent,contact`, `ids=agent/ID,session/ID`, `after=N`; `Last-Event-ID` goes before `after`: it is newer.
    init(_ request: HTTPRequest) throws(UsageError) {
        for name in request.query.keys.sorted() where !["after", "ids", "kinds"].contains(name) {
            throw UsageError("unknown parameter '\(printable(name))'; known: after, ids, kinds")
        }
        if let name = request.repeatedNames.sorted().first {
            throw UsageError("parameter '\(printable(name))' comes twice; separate several values by commas")
        }
        for name in request.query["kinds"]?.split(separator: ",") ?? [] { kinds.insert(try EntityKind(told: String(name))) }
        for text in request.query["ids"]?.split(separator: ",") ?? [] {
            guard let slash = text.firstIndex(of: "/"), text.index(after: slash) < text.endIndex else {
                throw UsageError("ids: '\(printable(String(text)))' is not KIND/ID")
            }
            let kind = try EntityKind(told: String(text[..<slash]))
            keys.insert([kind.rawValue] + Array(text[text.index(after: slash)...].utf8))
        }
        guard keys.count <= ChangeFilter.idsMax else { throw UsageError("ids: at most \(ChangeFilter.idsMax) entities") }
        guard let position = request.headers["last-event-id"] ?? request.query["after"] else { return }
        guard let number = UInt64(position), position.utf8.first != UInt8(ascii: "+") else {
            throw UsageError("'\(printable(position))' is no position: give the id of the last event, a whole number")
        }
        after = number
    }

    /// An agent names what they want, and of agents, usernames and sessions only their own.
    func isOwn(_ request: HTTPRequest) -> Bool {
        guard let caller = request.caller, caller.agent != nil else { return true }
        return !keys.isEmpty
            && keys.allSatisfy { key in
                let id = String(decoding: key.dropFirst(), as: UTF8.self)
                return switch key.first.flatMap(EntityKind.init(rawValue:)) {
                case .agent: request.mayRead(agent: id)
                case .username: request.mayRead(agent: "", username: id)
                case .session: caller.owns(session: id)
                case .contact, .customer, .flow, .queue: true
                case .volume, .alias, nil: false
                }
            }
    }

    /// The id of a username is what a person is called by. Who may not see that (`read:personal`) is told of those that they name, and of no others. False where
    /// nothing is left that they ask for.
    mutating func withholdNames(from caller: HTTPCaller?) -> Bool {
        guard let caller, !caller.scopes.contains(ReadingScope.personal), keys.isEmpty else { return true }
        let rest = (kinds.isEmpty ? Set(EntityKind.allCases) : kinds).subtracting([.username])
        guard !rest.isEmpty else { return false }
        kinds = rest
        return true
    }

    func wants(_ kind: EntityKind, _ key: [UInt8]) -> Bool {
        (kinds.isEmpty || kinds.contains(kind)) && (keys.isEmpty || keys.contains(key))
    }
}
