public import JSON

extension Connect {
    /// Which Regions are kept apart: their contacts reach no agents of the other one. Only for pairs with global routing; on others it is
    /// refused, which says that a pair has none.
    public struct GetCrossRegionRouting: ConnectOperation, AWSJSONOperation {
        /// The Regions that are isolated.
        public typealias Output = [String]
        public static var name: String { "GetCrossRegionRouting" }
        public let line: RequestLine?

        public init(instance: String) {
            line = RequestLine(
                .get, "/cross-region-routing/\(RequestLine.label(instance))", subject: "instance \(instance)")
        }

        public func output(_ root: JSONValue) -> [String]? {
            root.isObject ? root.array("IsolatedRegions").compactMap(\.text) : nil
        }
    }
}
