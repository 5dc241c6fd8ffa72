import AWS
import FailoverCore
import JSON
import Platform

/// The row that says which Region has the traffic, in a DynamoDB global table: one a writing Region, and the greatest term wins.
///
/// `pk` `converge#active-region`, `sk` the Region that wrote it. A Region writes its own row only, so that a global table never has to choose between two
/// versions of one, and no condition has to hold across Regions; the one it has, that no row of a greater term is replaced, is about its own row. What
/// the row says: `docs/reading-state.md`. Cost: a write a change, and a read an exercise.
package struct ActiveRegionRow: Followable {
    package static let partition = "converge#active-region"

    package let name = "active-region"
    private let client: ServiceClient
    private let table: String
    private let group: String?

    /// `client`: of DynamoDB in the controller's own Region. `group`: the one that says which Region is active (``FailoverCore/Intent/shares(following:)``).
    package init(_ client: ServiceClient, table: String, following group: String? = nil) {
        self.client = client
        self.table = table
        self.group = group
    }

    package func value(for intent: Intent, isPending: Bool) -> ActiveRegion? {
        guard let region = intent.preferredRegion(following: group) else { return nil }
        let groups = intent.groups.map {
            (ActiveRegionRow.id(of: $0.group), ActiveRegion.Shares(telephony: $0.shares.telephony, agents: $0.shares.agents))
        }
        return ActiveRegion(
            term: intent.term, region: region, groups: Dictionary(groups) { first, _ in first }, isPending: isPending)
    }

    package func look() -> Follower<ActiveRegion>.Sight {
        do throws(AWSError) {
            let rows = try read()
            let own = rows[client.region]
            return .found(.init(own, term: own?.term, warnings: warnings(rows, own)))
        } catch {
            return .failed("\(error)")
        }
    }

    /// What each Region wrote. Consistent, of this Region's replica.
    package func read() throws(AWSError) -> [String: ActiveRegion] {
        let query = DynamoDB.Query(table, condition: "pk = :pk", isConsistent: true) { $0.attribute(":pk", Self.partition) }
        let rows = try client.perform(query).rows { item in
            ActiveRegion(item).flatMap { row in item.text("sk").map { ($0, row) } }
        }
        return Dictionary(rows) { first, _ in first }
    }

    private func warnings(_ rows: [String: ActiveRegion], _ own: ActiveRegion?) -> [String] {
        guard let newest = ActiveRegion.newest(of: Array(rows.values)), let own, newest.term > own.term + 1 else { return [] }
        return ["another Region wrote term \(newest.term); this one's row is still at \(own.term)"]
    }

    package func apply(_ value: ActiveRegion, term: Int64) -> String? {
        let put = DynamoDB.PutItem(table, condition: "attribute_not_exists(pk) OR term <= :term") { json in
            json.attribute("pk", Self.partition)
            json.attribute("sk", client.region)
            value.write(to: &json)
            json.attribute("at", Timestamp.now.milliseconds)
        } values: {
            $0.attribute(":term", value.term)
        }
        do throws(AWSError) {
            _ = try client.perform(put)
            return nil
        } catch  where error.dynamoDB == .conditionFailed {
            return "the row of \(client.region) in table \(table) has a greater term than \(term)"
        } catch {
            return "\(error)"
        }
    }

    private static func id(of arn: String) -> String { String(arn.split(separator: "/").last ?? "") }
}

extension Intent {
    /// The Region that a group's telephony goes to, or most of it; of equal shares the one that gains.
    func preferredRegion(following group: String? = nil) -> String? {
        shares(following: group)?.telephony.max { ($0.value, $0.key == actor ? 1 : 0) < ($1.value, $1.key == actor ? 1 : 0) }?
            .key
    }
}

extension ActiveRegion {
    /// Nil of an item that is none.
    init?(_ item: ItemView) {
        guard let term = item.integer("term"), let region = item.text("region"), let pending = item.integer("pending"),
            let map = item.map("groups")
        else { return nil }
        var groups: [String: Shares] = [:]
        map.forEachMap { id, group in
            var (telephony, agents): ([String: Int], [String: Int]) = ([:], [:])
            group.map("telephony")?.forEachInteger { telephony[$0.text] = Int($1) }
            group.map("agents")?.forEachInteger { agents[$0.text] = Int($1) }
            groups[id.text] = Shares(telephony: telephony, agents: agents)
        }
        self.init(term: term, region: region, groups: groups, isPending: pending != 0)
    }

    func write(to json: inout JSONWriter) {
        json.attribute("term", term)
        json.attribute("region", region)
        json.attribute("pending", isPending ? 1 : 0)
        json.attribute("groups") { json in
            for (id, shares) in groups.sorted(by: { $0.key < $1.key }) {
                json.attribute(id) { json in
                    json.attribute("telephony") { ActiveRegion.write(shares.telephony, to: &$0) }
                    json.attribute("agents") { ActiveRegion.write(shares.agents, to: &$0) }
                }
            }
        }
    }

    private static func write(_ shares: [String: Int], to json: inout JSONWriter) {
        for (region, share) in shares.sorted(by: { $0.key < $1.key }) { json.attribute(region, Int64(share)) }
    }
}
