import JSON

extension RoutingControl {
    /// Switches several routing controls at once, all or none, within what the panel's safety rules allow.
    public struct UpdateRoutingControlStates: RoutingControlOperation {
        public typealias Output = Void
        public static var name: String { "UpdateRoutingControlStates" }
        public let line: RequestLine?
        public let body: [UInt8]

        /// `states`: by the ARN of the control. `override`: the ARNs of safety rules that are not to hold this time, a person's decision
        /// only.
        public init(_ states: [String: State], overriding rules: [String] = []) {
            let states = states.sorted { $0.key < $1.key }
            line = RequestLine(
                .post, "/", subject: "routing controls \(states.map(\.key).joined(separator: ", "))")
            body = JSONWriter.body { json in
                json.array("UpdateRoutingControlStateEntries") { json in
                    for (arn, state) in states {
                        json.object { json in
                            json.member("RoutingControlArn", arn)
                            json.member("RoutingControlState", state.rawValue)
                        }
                    }
                }
                if !rules.isEmpty { json.strings("SafetyRulesToOverride", rules) }
            }
        }
    }
}
