import ContactCenter
import Platform
import Simulation
import TestSupport

/// A made-up history of one agent in one Region: what happened, and what the stream tells of it.
///
/// What is known of real streams is in it: LOGIN without a snapshot, a first status seconds or minutes later, contacts that repeat a status,
/// heartbeats after two minutes of silence, a supervisor who sets Offline without a LOGOUT, a LOGOUT out of any status, heartbeats for an hour
/// after it that still tell the status of before, a page that is loaded again.
struct AgentHistory {
    enum EventType: String { case heartbeat = "HEART_BEAT", stateChange = "STATE_CHANGE", login = "LOGIN", logout = "LOGOUT" }

    struct Status: Equatable {
        let start: Int64
        let isOffline: Bool
    }

    struct Event {
        let number: Int
        let time: Int64
        let type: EventType
        let status: Status?
    }

    /// How finely times are told.
    enum Grain: CaseIterable {
        /// All to the millisecond.
        case milliseconds
        /// To the second, which the milliseconds repeat: the captures of 2018.
        case seconds
        /// Events to the second, statuses to the millisecond.
        case mixed
    }

    private(set) var events: [Event] = []
    /// From when on the agent is online, or is not, in order.
    private(set) var truth: [(from: Int64, isOnline: Bool)] = []
    private(set) var end: Int64 = 0

    private var random: Dice
    private let grain: Grain
    private let isCalm: Bool
    private var published: Int64 = 0
    private var status: Status?
    private static let hour: Int64 = 3_600_000

    /// `isCalm`: whatever happens, nothing else does within two seconds, and no heartbeat repeats a status that is over.
    init(seed: UInt64, grain: Grain, isCalm: Bool) {
        random = Dice(seed: seed)
        self.grain = grain
        self.isCalm = isCalm
        end = 1_772_440_000_000
        for _ in 0..<Int.random(in: 1...4, using: &random) { session() }
        events.sort { ($0.time, $0.number) < ($1.time, $1.number) }
    }

    /// Whether the agent was online then.
    func isOnline(at time: Int64) -> Bool? { truth.last { $0.from <= time }?.isOnline }

    // MARK: - What happens

    private mutating func session() {
        tell(.login, nil)
        settle(true)
        firstStatus()
        for _ in 0..<Int.random(in: 0...7, using: &random) {
            pass(pause())
            let choice = Double.random(in: 0..<1, using: &random)
            if choice < 0.5 {
                tell(.stateChange, status)
            } else {
                change(isOffline: choice > 0.85)
            }
        }
        pass(pause())
        leave()
    }

    /// Until there is one, the agent counts as online: nothing else is told.
    private mutating func firstStatus() {
        let wait = Int64.random(in: 0..<[3_000, 600_000].randomElement(using: &random)!, using: &random)
        let choice = Double.random(in: 0..<1, using: &random)
        if choice < 0.15 {
            pass(0)
            change(isOffline: true)
            pass(wait)
        } else if choice < 0.3, let before = status, before.isOffline, wait > 120_000 {
            published = end
            end += 120_000
            tell(.heartbeat, before)
            settle(false)
            pass(wait - 120_000)
        } else {
            end += wait + (isCalm ? 2_000 : 0)
        }
        change(isOffline: Double.random(in: 0..<1, using: &random) < 0.05)
    }

    private mutating func leave() {
        let choice = Double.random(in: 0..<1, using: &random)
        if choice < 0.2 {
            // A supervisor sets Offline. Nobody logs out; after an hour there is silence.
            change(isOffline: true)
            pass(isNight ? night() : pause(), heartbeatsFor: Self.hour)
            return
        }
        if choice < 0.3 {
            // The page is loaded again.
            tell(.logout, status)
            settle(false)
            end += isCalm ? 2_000 : [0, 200, 900, 2_000].randomElement(using: &random)!
            return
        }
        if choice < 0.75 {
            change(isOffline: true)
            pass([Int64.random(in: 0..<1_000, using: &random), pause()].randomElement(using: &random)!)
        }
        tell(.logout, status)
        settle(false)
        let away = isNight ? night() : pause()
        if status?.isOffline == false, Bool.random(using: &random) {
            // The status follows the logout late.
            let delay = Int64.random(in: 0..<180_000, using: &random) + 2_000
            let logout = end
            pass(min(delay, away), heartbeatsFor: Self.hour)
            status = Status(start: Bool.random(using: &random) ? logout : end, isOffline: true)
            pass(max(away - delay, 0), heartbeatsFor: Self.hour)
        } else {
            pass(away, heartbeatsFor: Self.hour)
        }
    }

    private var isNight: Bool { mutating get { Int.random(in: 0..<3, using: &random) == 0 } }
    private mutating func night() -> Int64 { Int64.random(in: 0..<14 * Self.hour, using: &random) }

    private mutating func pause() -> Int64 {
        let bounds: [Int64] = [1_000, 3_000, 60_000, Self.hour / 2, 2 * Self.hour]
        return Int64.random(in: 0..<bounds.randomElement(using: &random)!, using: &random)
    }

    private mutating func change(isOffline: Bool) {
        let before = status
        if !isCalm, let before, Int.random(in: 0..<5, using: &random) == 0 { tell(.heartbeat, before) }
        status = Status(start: end, isOffline: isOffline)
        tell(.stateChange, status)
        settle(!isOffline)
        // One that was under way with the status of before.
        if !isCalm, let before, Int.random(in: 0..<10, using: &random) == 0 {
            let change = end
            end += Int64.random(in: 0..<3_000, using: &random)
            tell(.heartbeat, before)
            end = change
        }
    }

    /// Lets time pass, with heartbeats where nothing else is told.
    private mutating func pass(_ time: Int64, heartbeatsFor bound: Int64 = .max) {
        let until = end + time + (isCalm ? 2_000 : 0)
        let last = bound == .max ? until : min(until, end + bound)
        while published + 120_000 < last {
            end = published + 120_000
            tell(.heartbeat, status)
        }
        end = until
    }

    private mutating func settle(_ isOnline: Bool) {
        if truth.last?.isOnline != isOnline { truth.append((end, isOnline)) }
    }

    // MARK: - What is told

    private mutating func tell(_ type: EventType, _ status: Status?) {
        published = end
        let told = status.map { Status(start: grain == .seconds ? Self.second($0.start) : $0.start, isOffline: $0.isOffline) }
        events.append(
            Event(
                number: events.count + 1, time: grain == .milliseconds ? end : Self.second(end), type: type, status: told))
    }

    /// The second, and once more as milliseconds.
    private static func second(_ time: Int64) -> Int64 { time / 1_000 * 1_000 + time / 1_000 % 60 }
}

extension AgentHistory.Event {
    /// As the stream has it.
    var text: String {
        func spelled(_ time: Int64) -> String { Timestamp(milliseconds: time).description }
        let snapshot = status.map {
            """
            {"AgentStatus":{"Name":"\($0.isOffline ? "Offline" : "Available")","StartTimestamp":"\(spelled($0.start))",\
            "Type":"\($0.isOffline ? "OFFLINE" : "ROUTABLE")"},"Configuration":{"Username":"ada"},"Contacts":[]}
            """
        }
        return Texts.agent(type.rawValue, at: spelled(time), event: Texts.uuid(number), current: snapshot)
    }
}
