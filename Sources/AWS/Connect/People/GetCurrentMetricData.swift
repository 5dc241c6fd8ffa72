public import JSON
public import Platform

extension Connect {
    /// Figures of this moment over up to a hundred queues or routing profiles together. With global routing they are those of both Regions,
    /// whichever is asked.
    ///
    /// By routing profiles where agents are counted: an agent has one profile, but works for many queues.
    public struct GetCurrentMetricData: ConnectOperation, AWSJSONOperation {
        public static var name: String { "GetCurrentMetricData" }
        /// Of queues or routing profiles in a request.
        public static let filterMax = 100
        public let line: RequestLine?
        public let body: [UInt8]

        /// Counts. OLDEST_CONTACT_AGE is left out: it has another unit than it says where nothing is grouped.
        public enum Metric: String, Hashable, Sendable, CaseIterable {
            case agentsOnline = "AGENTS_ONLINE"
            case agentsAvailable = "AGENTS_AVAILABLE"
            case agentsStaffed = "AGENTS_STAFFED"
            case agentsOnContact = "AGENTS_ON_CONTACT"
            case agentsError = "AGENTS_ERROR"
            case contactsInQueue = "CONTACTS_IN_QUEUE"
        }

        /// What is counted over: ids, of which ``GetCurrentMetricData/filterMax`` are taken.
        public enum Filter: Hashable, Sendable {
            case queues([String])
            case routingProfiles([String])
        }

        public init(instance: String, _ filter: Filter, _ metrics: [Metric] = Metric.allCases) {
            line = RequestLine(
                .post, "/metrics/current/\(RequestLine.label(instance))", subject: "instance \(instance)")
            body = JSONWriter.body { json in
                json.object("Filters") { json in
                    switch filter {
                    case .queues(let ids): json.strings("Queues", ids.prefix(Self.filterMax))
                    case .routingProfiles(let ids): json.strings("RoutingProfiles", ids.prefix(Self.filterMax))
                    }
                }
                json.array("CurrentMetrics") { json in
                    for metric in metrics {
                        json.object { json in
                            json.member("Name", metric.rawValue)
                            json.member("Unit", "COUNT")
                        }
                    }
                }
            }
        }

        public struct Output: Sendable {
            /// What the service could compute. Whatever is missing is not known: it is not zero.
            public let values: [Metric: Double]
            /// When they were taken; nil where the service says nothing.
            public let taken: Timestamp?
        }

        public func output(_ root: JSONValue) -> Output? {
            guard root.isObject else { return nil }
            var values: [Metric: Double] = [:]
            // One at most, as nothing is grouped; none where there is no data.
            for result in root.array("MetricResults") {
                for entry in result.array("Collections") {
                    guard let metric = entry.member("Metric")?.text("Name").flatMap(Metric.init(rawValue:)),
                        let value = entry.member("Value")?.number
                    else { continue }
                    values[metric, default: 0] += value
                }
            }
            return Output(values: values, taken: root.member("DataSnapshotTime").flatMap { Timestamp(seconds: $0) })
        }
    }
}
