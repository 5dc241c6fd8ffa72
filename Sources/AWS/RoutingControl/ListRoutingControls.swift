public import JSON

extension RoutingControl {
    /// Lists the routing controls of a panel and their states, page by page.
    public struct ListRoutingControls: RoutingControlOperation, AWSJSONOperation {
        public static var name: String { "ListRoutingControls" }
        public let line: RequestLine?
        public let body: [UInt8]

        /// `token`: of the page before; nil: the first page.
        public init(panel: String, token: String? = nil) {
            line = RequestLine(.post, "/", subject: "control panel \(panel)")
            body = JSONWriter.body { json in
                json.member("ControlPanelArn", panel)
                if let token { json.member("NextToken", token) }
            }
        }

        public struct Output: Sendable {
            /// By the ARN of the control.
            public let states: [String: State]
            public let names: [String: String]
            /// Nil where this is the last page.
            public let nextToken: String?
        }

        public func output(_ root: JSONValue) -> Output? {
            guard let list = root.member("RoutingControls"), list.isArray else { return nil }
            var states: [String: State] = [:]
            var names: [String: String] = [:]
            for value in list.elements {
                guard let arn = value.text("RoutingControlArn") else { return nil }
                states[arn] = value.text("RoutingControlState").flatMap(State.init(rawValue:))
                names[arn] = value.text("RoutingControlName")
            }
            return Output(states: states, names: names, nextToken: root.text("NextToken"))
        }
    }
}
