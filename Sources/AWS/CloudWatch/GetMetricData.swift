public import JSON
public import Platform

extension CloudWatch {
    /// Datapoints of several metrics over one span of time, in one request: five hundred metrics at most.
    public struct GetMetricData: AWSJSONOperation {
        public static var service: AWSService { .cloudWatch }
        public static var name: String { "GetMetricData" }
        public static let queriesMax = 500
        public let body: [UInt8]
        private let count: Int

        public struct Query: Hashable, Sendable {
            /// `AWS/Connect`.
            public var namespace: String
            public var metric: String
            /// All that the metric was put with: another set is another metric.
            public var dimensions: [String: String]
            /// `Sum`, `Average`, `Maximum`..
            public var statistic: String
            /// A multiple of 60.
            public var periodSeconds: Int

            public init(
                namespace: String, metric: String, dimensions: [String: String], statistic: String, periodSeconds: Int = 60
            ) {
                self.namespace = namespace
                self.metric = metric
                self.dimensions = dimensions
                self.statistic = statistic
                self.periodSeconds = periodSeconds
            }
        }

        /// From `start`, inclusive, to `end`, exclusive. `token`: of the page before; nil: the first page.
        public init(_ queries: [Query], from start: Timestamp, to end: Timestamp, token: String? = nil) {
            let queries = queries.prefix(Self.queriesMax)
            count = queries.count
            body = JSONWriter.body(capacity: 2048) { json in
                json.array("MetricDataQueries") { json in
                    for (index, query) in queries.enumerated() {
                        json.object { json in
                            json.member("Id", Self.id(index))
                            query.write(to: &json)
                        }
                    }
                }
                json.seconds("StartTime", milliseconds: start.milliseconds)
                json.seconds("EndTime", milliseconds: end.milliseconds)
                json.member("ScanBy", "TimestampAscending")
                if let token { json.member("NextToken", token) }
            }
        }

        private static func id(_ index: Int) -> String { "q\(index)" }

        public struct Output: Sendable {
            /// One a query, in their order.
            public let series: [Series]
            /// More pages follow. What they have is not in the series.
            public let hasMore: Bool
        }

        /// What is known of one metric. Minutes without a datapoint have none: that is no zero.
        public struct Series: Hashable, Sendable {
            /// Each at the beginning of its period, in the order of time.
            public fileprivate(set) var points: [Point] = []
            /// `Complete`, `PartialData`, `InternalError`, `Forbidden`; empty where the service says nothing of it.
            public fileprivate(set) var status = ""

            /// Whether the service had all that there is.
            public var isComplete: Bool { status == "Complete" }
        }

        public struct Point: Hashable, Sendable {
            public let time: Timestamp
            public let value: Double
        }

        public func output(_ root: JSONValue) -> Output? {
            guard let list = root.member("MetricDataResults"), list.isArray else { return nil }
            var series = Array(repeating: Series(), count: count)
            let indices = Dictionary(uniqueKeysWithValues: (0..<count).map { (Self.id($0), $0) })
            for result in list.elements {
                guard let index = result.text("Id").flatMap({ indices[$0] }) else { return nil }
                let (times, values) = (result.array("Timestamps"), result.array("Values"))
                guard times.count == values.count else { return nil }
                for (time, value) in zip(times, values) {
                    guard let time = Timestamp(seconds: time), let value = value.number else { return nil }
                    series[index].points.append(Point(time: time, value: value))
                }
                series[index].status = result.text("StatusCode") ?? ""
            }
            return Output(series: series, hasMore: root.text("NextToken") != nil)
        }
    }
}

extension CloudWatch.GetMetricData.Query {
    fileprivate func write(to json: inout JSONWriter) {
        json.object("MetricStat") { json in
            json.object("Metric") { json in
                json.member("Namespace", namespace)
                json.member("MetricName", metric)
                json.array("Dimensions") { json in
                    for (name, value) in dimensions.sorted(by: { $0.key < $1.key }) {
                        json.object { json in
                            json.member("Name", name)
                            json.member("Value", value)
                        }
                    }
                }
            }
            json.member("Period", periodSeconds)
            json.member("Stat", statistic)
        }
    }
}
