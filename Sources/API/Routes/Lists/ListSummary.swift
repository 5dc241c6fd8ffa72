import ContactCenter
import FeedCore
import JSON

extension ResidentState.Summary {
    /// Queues that are told; the rest is left out, which is said.
    static let queuesMax = 1_000

    /// The Regions that anything is counted of.
    var regions: Set<String> {
        Set(counts.agents.keys.compactMap(\.region)).union(counts.contacts.keys.compactMap(\.region))
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.object("agents") { json in
                write(presences: nil, "presence", to: &json)
                json.object("regions") { json in
                    for region in Set(counts.agents.keys.compactMap(\.region)).sorted() {
                        write(presences: region, region, to: &json)
                    }
                }
                json.member("total", agents)
            }
            json.object("contacts") { json in
                json.object("channels") { json in
                    for (channel, count) in sums(counts.contacts, by: \.channel) { json.member(channel ?? "", count) }
                }
                write(phases: counts.contacts.map { ($0.key.phase, $0.value) }, "phases", to: &json)
                write(queues: &json)
                json.object("regions") { json in
                    for (region, _) in sums(counts.contacts, by: \.region) {
                        let own = counts.contacts.filter { $0.key.region == region }
                        write(phases: own.map { ($0.key.phase, $0.value) }, region ?? "", to: &json)
                    }
                }
                json.member("total", contacts)
            }
            json.object("queues") { json in json.member("total", queues) }
        }
    }

    private func write(presences region: String?, _ name: String, to json: inout JSONWriter) {
        json.key(name)
        json.object { json in
            for presence in [ListedAgent.Presence.offline, .online, .unknown] {
                json.member(presence.name, counts.agents(presence, in: region))
            }
        }
    }

    private func write(phases: [(LifecyclePhase, Int)], _ name: String, to json: inout JSONWriter) {
        json.key(name)
        json.object { json in
            for phase in ContactFilter.phases.sorted(by: { $0.name < $1.name }) {
                json.member(phase.name, phases.reduce(0) { $0 + ($1.0 == phase ? $1.1 : 0) })
            }
        }
    }

    /// By ARN; a name stands there where anybody told it.
    private func write(queues json: inout JSONWriter) {
        var found: [String: (arn: String?, name: String?, places: [String: [(LifecyclePhase, Int)]])] = [:]
        for (place, count) in counts.queues {
            var queue = found[place.arn ?? "\n\(place.name ?? "")"] ?? (place.arn, nil, [:])
            if let name = place.name { queue.name = min(name, queue.name ?? name) }
            queue.places[place.region ?? "", default: []].append((place.phase, count))
            found[place.arn ?? "\n\(place.name ?? "")"] = queue
        }
        let sorted = found.sorted { $0.key < $1.key }
        json.array("queues") { json in
            for (_, queue) in sorted.prefix(Self.queuesMax) {
                json.object { json in
                    json.member("arn", queue.arn)
                    json.member("name", queue.name)
                    json.object("regions") { json in
                        for (region, phases) in queue.places.sorted(by: { $0.key < $1.key }) {
                            write(phases: phases, region, to: &json)
                        }
                    }
                }
            }
        }
        json.member("queuesAreCut", sorted.count > Self.queuesMax)
    }

    private func sums<Place>(_ counts: [Place: Int], by name: (Place) -> String?) -> [(String?, Int)] {
        var sums: [String?: Int] = [:]
        for (place, count) in counts { sums[name(place), default: 0] += count }
        return sums.sorted { ($0.key ?? "") < ($1.key ?? "") }.map { ($0.key, $0.value) }
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: String, _ value: Int) {
        key(name)
        integer(Int64(value))
    }
}
