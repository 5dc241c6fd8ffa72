public import HTTPClient

extension Route53 {
    /// The record sets of one name and type, all of them: a name has a hundred weighted ones at most.
    public struct ListResourceRecordSets: Route53Operation, AWSXMLOperation {
        public typealias Output = [RecordSet]
        public static var name: String { "ListResourceRecordSets" }
        static let pageSize = 100
        public let line: RequestLine?
        private let recordName: String
        private let type: String

        public init(zone: String, name: String, type: String) {
            let zone = Route53.bare(zone)
            var line = RequestLine(
                .get, "\(Route53.path)/hostedzone/\(RequestLine.label(zone))/rrset", subject: "hosted zone \(zone)")
            // The list goes on with the names behind this one.
            line.append("name", name)
            line.append("type", type)
            line.append("maxitems", "\(Self.pageSize)")
            self.line = line
            recordName = name
            self.type = type
        }

        public func output(of response: HTTPResponse) throws(UnreadableOutput) -> [RecordSet] { try xmlOutput(of: response) }

        func output(_ root: XMLElement) -> [RecordSet]? {
            guard let list = root.child("ResourceRecordSets") else { return nil }
            var sets: [RecordSet] = []
            for element in list.children {
                guard let set = RecordSet(element) else { return nil }
                if set.isOf(recordName, type) { sets.append(set) }
            }
            return sets
        }
    }
}
