/// Relative weights of the kinds of events; a kind of weight 0 is not delivered (what causes it still happens).
public struct TrafficMix: Sendable, Equatable {
    /// Agent events: LOGIN, LOGOUT, STATE_CHANGE, HEART_BEAT.
    public var agent: Double
    /// Contact events in EventBridge envelopes.
    public var contact: Double
    /// Contact records, redelivered ones included.
    public var record: Double
    /// Flow log entries, and a few `converge.flow.v1` events.
    public var flow: Double
    /// `converge.session.v1` events.
    public var session: Double
    /// `converge.queue.v1` events.
    public var queue: Double
    /// `converge.customer.v1` and `converge.authentication.v1` events.
    public var customer: Double

    /// The weights add up to 100 by default, so they read as percentages.
    public init(
        agent: Double = 60, contact: Double = 25, record: Double = 8, flow: Double = 5,
        session: Double = 1.2, queue: Double = 0.3, customer: Double = 0.5
    ) {
        self.agent = agent
        self.contact = contact
        self.record = record
        self.flow = flow
        self.session = session
        self.queue = queue
        self.customer = customer
    }

    /// The keys that ``parse(_:)`` takes, in the order of their weights.
    public static let keys = ["agent", "contact", "record", "flow", "session", "queue", "customer"]

    /// Reads weights from text such as `agent=60,contact=25,record=8,flow=5,session=2`; kinds not named get 0.
    ///
    /// Weights are decimal numbers, 0 or more, and at least one of them is more than 0.
    /// - Throws: ``TrafficMixError``, which names the part that is wrong and what would be right.
    public static func parse(_ text: String) throws(TrafficMixError) -> TrafficMix {
        var weights = [Double?](repeating: nil, count: keys.count)
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = trimmed(sides[0])
            guard sides.count == 2 else { throw .missingWeight(part: trimmed(part)) }
            guard let index = keys.firstIndex(of: key) else { throw .unknownKey(key, accepted: keys) }
            guard weights[index] == nil else { throw .repeatedKey(key) }
            let value = trimmed(sides[1])
            guard let weight = Double(value), weight.isFinite, weight >= 0 else {
                throw .badWeight(key: key, value: value)
            }
            weights[index] = weight
        }
        guard weights.contains(where: { ($0 ?? 0) > 0 }) else { throw .nothingToSend }
        return TrafficMix(weights: weights.map { $0 ?? 0 })
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }

    private init(weights: [Double]) {
        self.init(
            agent: weights[0], contact: weights[1], record: weights[2], flow: weights[3],
            session: weights[4], queue: weights[5], customer: weights[6])
    }

    /// Shares that add up to 1, in the order of ``TrafficKind``; those of the default mix where no weight is usable.
    var shares: [Double] {
        let weights = [agent, contact, record, flow, session, queue, customer].map { $0.isFinite ? max($0, 0) : 0 }
        let total = weights.reduce(0, +)
        guard total > 0, total.isFinite else { return TrafficMix().shares }
        return weights.map { $0 / total }
    }
}

/// Why the text of a mix was not understood.
public enum TrafficMixError: Error, Equatable, CustomStringConvertible {
    case unknownKey(String, accepted: [String])
    case repeatedKey(String)
    case missingWeight(part: String)
    case badWeight(key: String, value: String)
    case nothingToSend

    public var description: String {
        switch self {
        case .unknownKey(let key, let accepted):
            "unknown kind of event '\(key)' in the mix; the kinds are \(accepted.joined(separator: ", "))"
        case .repeatedKey(let key):
            "'\(key)' is given twice in the mix; give each kind one weight"
        case .missingWeight(let part):
            "'\(part)' in the mix has no weight; write KIND=WEIGHT, such as agent=60, separated by commas"
        case .badWeight(let key, let value):
            "'\(value)' is not a weight for '\(key)' in the mix; give a number of at least 0"
        case .nothingToSend:
            "every weight in the mix is 0; give at least one kind a greater weight"
        }
    }
}

/// The kinds a mix weighs, in the order of its weights.
enum TrafficKind: Int, CaseIterable {
    case agent, contact, record, flow, session, queue, customer
}
