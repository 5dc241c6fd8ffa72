import Platform

extension Route53 {
    /// A record set of a hosted zone. What it says beside what is named here, such as an alias or a check, is kept as the service said it,
    /// so that a change of the weight changes nothing else.
    public struct RecordSet: Hashable, Sendable {
        /// As the service has it: with a dot at its end.
        public let name: String
        public let type: String
        /// What tells the weighted records of one name apart.
        public let setIdentifier: String?
        /// Of 0 to 255: 0 is never answered, unless all of the name are 0. Nil of a record without.
        public let weight: Int?
        /// In seconds; nil of an alias.
        public let ttl: Int64?
        public let values: [String]
        public let healthCheckID: String?
        /// All of it, in the elements of the API.
        let xml: String

        init?(_ element: XMLElement) {
            guard let name = element.text("Name"), let type = element.text("Type") else { return nil }
            self.name = name
            self.type = type
            setIdentifier = element.text("SetIdentifier")
            weight = element.text("Weight").flatMap { Int($0) }
            ttl = element.text("TTL").flatMap { Int64($0) }
            values = element.list("ResourceRecords").compactMap { $0.text("Value") }
            healthCheckID = element.text("HealthCheckId")
            xml = element.content.text
        }

        /// A weighted record of one value.
        public init(name: String, type: String, setIdentifier: String, weight: UInt8, ttl: Int64, value: String) {
            self.name = name
            self.type = type
            self.setIdentifier = setIdentifier
            self.weight = Int(weight)
            self.ttl = ttl
            values = [value]
            healthCheckID = nil
            xml =
                "<Name>\(XMLText.escaped(name))</Name><Type>\(XMLText.escaped(type))</Type>"
                + "<SetIdentifier>\(XMLText.escaped(setIdentifier))</SetIdentifier><Weight>\(weight)</Weight><TTL>\(ttl)</TTL>"
                + "<ResourceRecords><ResourceRecord><Value>\(XMLText.escaped(value))</Value></ResourceRecord></ResourceRecords>"
        }

        /// The same record with another weight; nil where it has none.
        public func weighing(_ weight: UInt8) -> RecordSet? {
            guard self.weight != nil else { return nil }
            var changed = "<ResourceRecordSet>"
            return withXML { element in
                for child in element.children {
                    let name = child.name.text
                    changed += "<\(name)>\(name == "Weight" ? "\(weight)" : child.content.text)</\(name)>"
                }
                changed += "</ResourceRecordSet>"
                return RecordSet.read(changed)
            }
        }

        /// Whether it is of this name and type; the service spells names with a dot at their end and in lower case.
        func isOf(_ name: String, _ type: String) -> Bool {
            func plain(_ name: String) -> String { (name.hasSuffix(".") ? String(name.dropLast()) : name).lowercased() }
            return plain(self.name) == plain(name) && self.type == type
        }

        private func withXML<Result>(_ body: (XMLElement) -> Result?) -> Result? {
            var document = "<ResourceRecordSet>\(xml)</ResourceRecordSet>"
            return document.withUTF8 { XMLElement(document: ByteView($0)).flatMap(body) }
        }

        private static func read(_ document: String) -> RecordSet? {
            var document = document
            return document.withUTF8 { XMLElement(document: ByteView($0)).flatMap { RecordSet($0) } }
        }
    }
}
