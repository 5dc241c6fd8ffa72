import AWS
import FailoverCore
import Synchronization

/// Weighted records of Route 53 that share a name out between the Regions as a group's telephony is: of 100 %, 255; of 10 %, 26; of 0, never.
///
/// Records are changed and never made: they have to be there, one a Region, told apart by their set identifiers. Everything else that they say, an alias or a
/// health check, stays as it is. All records of a zone are changed in one batch, and whether the name servers have it is asked until they do.
///
/// The control plane is in us-east-1, and gone with it. So it fails where it fails, and the failover goes on.
package final class Route53Weights: Followable {
    /// The records of one name and type.
    package struct Record: Equatable, Sendable {
        package var zone: String
        package var name: String
        /// `A`, `AAAA` or `CNAME`; of an alias that of its target.
        package var type: String
        /// By Region, where it is not the Region's name.
        package var identifiers: [String: String]

        package init(zone: String, name: String, type: String, identifiers: [String: String] = [:]) {
            self.zone = zone
            self.name = name
            self.type = type
            self.identifiers = identifiers
        }

        func identifier(_ region: String) -> String { identifiers[region] ?? region }
    }

    /// Resolvers keep an answer for so many seconds; more of them keep callers where they were.
    static let ttlMax: Int64 = 60

    package let name = "route53"
    private let client: ServiceClient
    private let records: [Record]
    private let regions: [String]
    private let group: String?
    /// Changes that not all name servers have yet, as far as is known.
    private let pending = Mutex<[String]>([])

    /// `client`: of Route 53. `regions`: both of the pair. `group`: the one that is followed (``FailoverCore/Intent/shares(following:)``).
    package init(_ client: ServiceClient, records: [Record], regions: [String], following group: String? = nil) {
        self.client = client
        self.records = records
        self.regions = regions
        self.group = group
    }

    package func value(for intent: Intent, isPending: Bool) -> DNSWeights? {
        intent.shares(following: group).map { DNSWeights(shares: $0.telephony, records: records.count) }
    }

    // MARK: Looking

    package func look() -> Follower<DNSWeights>.Sight {
        do throws(AWSError) {
            if let change = try waiting() { return .underway("not all name servers have change \(change) yet") }
            var weights: [[String: Int]] = []
            var (problems, warnings): ([String], [String]) = ([], [])
            for record in records {
                let sets = try read(record)
                let own = sets.filter { set in
                    regions.contains { record.identifier($0) == set.setIdentifier } && set.weight != nil
                }
                problems += missing(record, in: sets)
                warnings += Route53Weights.warnings(record, own: own, of: sets)
                weights.append(
                    Dictionary(
                        regions.compactMap { region in
                            own.first { $0.setIdentifier == record.identifier(region) }?.weight.map { (region, $0) }
                        }
                    ) { first, _ in first })
            }
            return .found(.init(DNSWeights(weights), problems: problems, warnings: warnings))
        } catch {
            return .failed("\(error)")
        }
    }

    /// A change that is under way; those that are not any more are forgotten.
    private func waiting() throws(AWSError) -> String? {
        for change in pending.withLock({ $0 }) {
            do throws(AWSError) {
                if try !client.perform(Route53.GetChange(change)).isInSync { return change }
            } catch  where error.route53 == .changeUnknown {
                // Lost when the control plane failed over: what is there is read.
            }
            pending.withLock { $0.removeAll { $0 == change } }
        }
        return nil
    }

    private func read(_ record: Record) throws(AWSError) -> [Route53.RecordSet] {
        try client.perform(Route53.ListResourceRecordSets(zone: record.zone, name: record.name, type: record.type))
    }

    private func missing(_ record: Record, in sets: [Route53.RecordSet]) -> [String] {
        regions.filter { region in !sets.contains { $0.setIdentifier == record.identifier(region) && $0.weight != nil } }.map {
            "zone \(record.zone) has no weighted record \(record.name) \(record.type) with the set identifier \(record.identifier($0)): make it"
        }
    }

    /// What would make weights not do what they are to.
    private static func warnings(_ record: Record, own: [Route53.RecordSet], of sets: [Route53.RecordSet]) -> [String] {
        let name = "\(record.name) \(record.type)"
        var warnings: [String] = []
        let ttls = Set(own.compactMap(\.ttl))
        if let longest = ttls.max(), longest > ttlMax {
            warnings.append("\(name) is kept for \(longest) s by resolvers: set its TTL to \(ttlMax) s or less")
        }
        if ttls.count > 1 { warnings.append("the records \(name) have different TTLs: set the same") }
        let unchecked = own.filter { $0.healthCheckID == nil }
        if unchecked.count == 1, own.count > 1, let one = unchecked.first?.setIdentifier {
            // A record without a check always counts as healthy, so that it is answered where the others are not, at a weight of 0 too.
            warnings.append("of the records \(name) that of \(one) alone has no health check: give it one, or none to either")
        }
        for other in sets where other.weight.map({ $0 > 0 }) ?? false && !own.contains(other) {
            warnings.append("\(name) has another record, \(other.setIdentifier ?? ""), that is answered too")
        }
        return warnings
    }

    // MARK: Changing

    package func apply(_ value: DNSWeights, term: Int64) -> String? {
        do throws(AWSError) {
            var changes: [(zone: String, sets: [Route53.RecordSet])] = []
            for (record, weights) in zip(records, value.records) {
                let sets = try read(record)
                if let missing = missing(record, in: sets).first { return missing }
                let changed = weights.compactMap { region, weight in
                    sets.first { $0.setIdentifier == record.identifier(region) }?.weighing(UInt8(clamping: weight))
                }
                if let index = changes.firstIndex(where: { $0.zone == record.zone }) {
                    changes[index].sets += changed
                } else {
                    changes.append((record.zone, changed))
                }
            }
            for change in changes {
                let taken = try client.perform(
                    Route53.ChangeResourceRecordSets(zone: change.zone, upsert: change.sets, comment: "converge, term \(term)"))
                pending.withLock { $0.append(taken.id) }
            }
            return nil
        } catch {
            return "\(error)"
        }
    }
}

/// Weights by Region, of each of the records that are followed, in their order.
package struct DNSWeights: Equatable, Sendable, CustomStringConvertible {
    package var records: [[String: Int]]

    package init(_ records: [[String: Int]]) { self.records = records }

    /// Percentages as weights: the same for all records.
    init(shares: [String: Int], records count: Int) {
        records = Array(repeating: shares.mapValues { ($0 * 255 + 50) / 100 }, count: count)
    }

    package var description: String {
        let said = records.map { weights in
            weights.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        }
        return Set(said).count == 1 ? said[0] : said.joined(separator: ", ")
    }
}
