public import JSON

extension Connect {
    /// Figures of this moment over up to a hundred routing profiles together: an agent has one, and works for many queues. With global routing they
    /// are those of both Regions, whichever is asked.
    public struct GetCurrentMetricData: ConnectOperation, AWSJSONOperation {
        public static var name: String { "GetCurrentMetricData" }
        /// Routing profiles in a request.
        public static let filterMax = 100
        public let line: RequestLine?
        public let body: [UInt8]

        /// Counts. OLDEST_CONTACT_AGE is left out: it has another unit than it says where nothing is grouped.
        public enum Metric: String, Hashable, Sendable, CaseIterable {
            case agentsOnline = "AGENTS_ONLINE"
            case agentsAvailable = "AGENTS_AVAILABLE"
            case contactsInQueue = "CONTACTS_IN_QUEUE"
        }

        /// `routingProfiles`: ids, of which ``filterMax`` are taken.
        public init(instance: String, routingProfiles: [String]) {
            line = RequestLine(
                .post, "/metrics/current/\(RequestLine.label(instance))", subject: "instance \(instance)")
            body = JSONWriter.body { json in
                json.object("Filters") { $0.strings("RoutingProfiles", routingProfiles.prefix(Self.filterMax)) }
                json.array("CurrentMetrics") { json in
                    for metric in Metric.allCases {
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
            return Output(values: values)
        }
    }
}
