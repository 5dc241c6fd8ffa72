public import HTTPClient

extension IAM {
    /// What a principal's policies say about actions on resources, without doing anything.
    public struct SimulatePrincipalPolicy: AWSXMLOperation {
        public static var service: AWSService { .iam }
        public static var name: String { "SimulatePrincipalPolicy" }
        static let pageSize = 1000
        public let line: RequestLine?
        public let body: [UInt8]

        /// `principal`: the ARN of a role or a user, as ``CallerIdentity/policySource`` has it. `actions`: `connect:GetTrafficDistribution`.
        /// `resources`: ARNs; none: whatever resource. `marker`: of the page before; nil: the first page.
        public init(principal: String, actions: [String], resources: [String] = [], marker: String? = nil) {
            line = RequestLine(.post, "/", subject: principal)
            var form = QueryForm()
            form.append("PolicySourceArn", principal)
            for (index, action) in actions.enumerated() { form.append("ActionNames.member.\(index + 1)", action) }
            for (index, resource) in resources.enumerated() { form.append("ResourceArns.member.\(index + 1)", resource) }
            form.append("MaxItems", "\(Self.pageSize)")
            if let marker { form.append("Marker", marker) }
            body = form.bytes
        }

        public struct Output: Sendable {
            public let decisions: [Decision]
            /// Nil where this is the last page.
            public let marker: String?
        }

        /// Of one action on one resource.
        public struct Decision: Hashable, Sendable {
            public let action: String
            /// `*` where none was asked about.
            public let resource: String
            public let isAllowed: Bool
            /// Whether a policy denies it in so many words, which no other can allow.
            public let isDeniedExplicitly: Bool
        }

        public func output(of response: HTTPResponse) throws(UnreadableOutput) -> Output { try xmlOutput(of: response) }

        func output(_ root: XMLElement) -> Output? {
            guard let result = root.child("SimulatePrincipalPolicyResult"), let list = result.child("EvaluationResults") else {
                return nil
            }
            var decisions: [Decision] = []
            for element in list.children {
                guard let action = element.text("EvalActionName"), let decision = element.text("EvalDecision") else {
                    return nil
                }
                decisions.append(
                    Decision(
                        action: action, resource: element.text("EvalResourceName") ?? "*", isAllowed: decision == "allowed",
                        isDeniedExplicitly: decision == "explicitDeny"))
            }
            return Output(decisions: decisions, marker: result.text("IsTruncated") == "true" ? result.text("Marker") : nil)
        }
    }
}
