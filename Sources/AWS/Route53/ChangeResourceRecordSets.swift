public import HTTPClient

extension Route53 {
    /// Puts record sets in place of those of the same name, type and identifier, or makes them: all of them or none.
    public struct ChangeResourceRecordSets: Route53Operation, AWSXMLOperation {
        public typealias Output = Change
        public static var name: String { "ChangeResourceRecordSets" }
        public let line: RequestLine?
        public let body: [UInt8]

        /// `comment`: of 256 characters at most, kept with the change.
        public init(zone: String, upsert sets: [RecordSet], comment: String = "") {
            let zone = Route53.bare(zone)
            // The slash at the end is the API's.
            line = RequestLine(
                .post, "\(Route53.path)/hostedzone/\(RequestLine.label(zone))/rrset/", subject: "hosted zone \(zone)")
            var xml = "<ChangeResourceRecordSetsRequest xmlns=\"\(Route53.namespace)\"><ChangeBatch>"
            if !comment.isEmpty { xml += "<Comment>\(XMLText.escaped(String(comment.prefix(256))))</Comment>" }
            xml += "<Changes>"
            for set in sets {
                xml +=
                    "<Change><Action>UPSERT</Action><ResourceRecordSet>\(set.xml)</ResourceRecordSet></Change>"
            }
            xml += "</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
            body = Array(xml.utf8)
        }

        public func output(of response: HTTPResponse) throws(UnreadableOutput) -> Change { try xmlOutput(of: response) }
        func output(_ root: XMLElement) -> Change? { Change(root) }
    }
}
