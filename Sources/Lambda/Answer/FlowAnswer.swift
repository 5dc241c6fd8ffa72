import JSON
import Platform

/// What a flow is answered: always the same keys, each with a text, whatever happened; below 32 KB.
///
/// As a map of texts (`STRING_MAP`) that is all. As JSON it has a member `context` beside them, which is an object, or null.
struct FlowAnswer: Equatable, Sendable {
    /// What a flow takes, in bytes: 32 KB.
    static let bytesMax = 32 << 10
    /// Longest fact, in bytes: a longer text is cut, a longer id is left out.
    static let valueBytesMax = 200
    /// Variables that an answer may have, and the longest value of one.
    static let variablesMax = 12
    static let variableBytesMax = 512

    /// Every key beside the variables, in the order of their names, with what it is while nothing is known.
    static let defaults: KeyValuePairs<String, String> = [
        "authenticated": "false", "authenticationAgeSeconds": "", "authenticationObstacle": "", "authenticationStrength": "",
        "brokenOff": "false", "brokenOffContactId": "", "brokenOffFlow": "", "brokenOffPosition": "", "callback": "false",
        "callbackAgeSeconds": "", "callbackContactId": "", "callbackQueue": "", "callbackRegion": "", "caseId": "",
        "contactsInLastDay": "", "customerId": "", "found": "false", "language": "", "lastAgentId": "",
        "lastAgentOnlineHere": "false", "lastAgentPresence": "unknown", "lastAgentRegion": "", "lastAgentUsername": "",
        "lastContactAgeSeconds": "", "lastContactChannel": "", "lastContactId": "", "lastContactPhase": "",
        "lastContactQueue": "", "lastContactReason": "", "lastContactRegion": "", "reason": "", "saved": "false",
    ]

    /// Why there is nothing, for flows and operators; nobody hears it.
    enum Reason: String, CaseIterable, Sendable {
        /// The event is none of a flow.
        case malformed
        case tooLarge = "too-large"
        /// Neither a parameter nor the endpoint says who it is about.
        case nobodyNamed = "nobody-named"
        /// Numbers and addresses cannot be looked up here.
        case noAliasKey = "no-alias-key"
        /// It is no number or address, or one that is withheld.
        case noIdentity = "no-identity"
        case notKnown = "not-known"
        case timeOut = "time-out"
        /// A table could not be read.
        case table
        /// More invocations hang than may.
        case busy
        /// The function has no stream.
        case cannotSave = "cannot-save"
        /// There is no `position`, or a variable that cannot be one.
        case nothingToSave = "nothing-to-save"
        /// The stream did not take it; it may have it all the same.
        case stream
    }

    enum Shape: String, CaseIterable, Sendable {
        case stringMap = "string-map"
        case json
    }

    private(set) var values: [String: String] = [:]
    /// JSON.
    var context: [UInt8]?
    /// Names of the variables that the answer has, each as `variable_NAME`.
    let variables: [String]

    /// Nothing known, and why.
    init(variables: [String], _ reason: Reason? = nil) {
        self.variables = variables
        for (key, value) in FlowAnswer.defaults { values[key] = value }
        for name in variables { values["variable_\(name)"] = "" }
        if let reason { values["reason"] = reason.rawValue }
    }

    subscript(_ key: String) -> String { values[key] ?? "" }

    /// Sets a fact that may be cut. Nil leaves it as it is.
    mutating func set(_ key: String, _ text: String?) { put(key, text.map { FlowAnswer.spoken($0, FlowAnswer.valueBytesMax) }) }

    /// Sets what is of no use in part.
    mutating func set(_ key: String, id: String?) {
        put(key, id.map { $0.utf8.count <= FlowAnswer.valueBytesMax ? FlowAnswer.spoken($0, FlowAnswer.valueBytesMax) : "" })
    }

    mutating func set(_ key: String, is isSo: Bool) { put(key, isSo ? "true" : "false") }

    mutating func set(variable name: String, _ text: String) {
        put("variable_\(name)", FlowAnswer.spoken(text, FlowAnswer.variableBytesMax))
    }

    private mutating func put(_ key: String, _ value: String?) {
        assert(values[key] != nil, "\(key) is no key of an answer")
        if let value { values[key] = value }
    }

    /// Without control characters, for which flows have no use, and no longer than so many bytes of whole characters.
    static func spoken(_ text: String, _ bytesMax: Int) -> String {
        var out = ""
        var bytes = 0
        for scalar in text.unicodeScalars {
            let isControl =
                scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) || (0x2028...0x2029).contains(scalar.value)
            let written: Unicode.Scalar = isControl ? " " : scalar
            bytes += UTF8.width(written)
            guard bytes <= bytesMax else { break }
            out.unicodeScalars.append(written)
        }
        return out
    }

    func bytes(_ shape: Shape) -> [UInt8] {
        let context = shape == .json ? self.context : nil
        let whole = written(shape, context)
        guard whole.count >= FlowAnswer.bytesMax, context != nil else { return whole }
        return written(shape, nil)
    }

    private func written(_ shape: Shape, _ context: [UInt8]?) -> [UInt8] {
        var json = JSONWriter(capacity: 2048)
        json.object { json in
            for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                json.key(key)
                json.string(value)
            }
            guard shape == .json else { return }
            json.key("context" as String)
            if let context { context.withUnsafeBytes { json.raw($0) } } else { json.null() }
        }
        return json.bytes
    }
}
