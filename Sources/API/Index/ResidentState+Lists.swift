import ContactCenter
import FeedCore
import Lattice
import Platform

extension ResidentState {
    /// Entities that are looked at under one hold of the lock: what fills it waits for no more. Measured: `docs/decisions/0096-lists-from-the-index.md`.
    static let sliceMax = 1_024
    /// Entities that a page looks at in all; a page that found too few by then is answered as it is, and goes on behind them.
    static let lookedMax = 16_384

    /// A page of a list.
    struct Page {
        var found: [FeedView.Listed] = []
        /// Behind which key the next page begins; nil: this is the last one.
        var next: [UInt8]?
        /// Whether it was looked through as much of the list as a page may, and too few were found.
        var isPartial = false
    }

    /// Entities of a list in ascending order of their keys behind `after`, of those whose keys begin with `prefix` and that meet a condition:
    /// ``lookedMax`` are looked at, and `limit` found. Who is there all the time is told once, whoever comes and goes between two pages.
    ///
    /// Cost: comparisons, ``sliceMax`` of them under one hold of the lock, and a look-up for each that is found.
    func list(
        _ kind: EntityKind, after: [UInt8]?, prefix: [UInt8] = [], limit: Int,
        where condition: ([UInt8], ListedFacts) -> Bool
    ) -> Page {
        var page = Page()
        let start = [kind.rawValue] + prefix
        var last = after
        var looked = 0
        while true {
            let slice = state.look { state in
                state.view.slice(
                    kind, from: last ?? start, isBehind: last != nil, prefix: start,
                    lookMax: min(ResidentState.sliceMax, ResidentState.lookedMax - looked), limit: limit - page.found.count,
                    where: condition)
            }
            page.found += slice.found.filter { listed in
                !listed.key.withUnsafeBytes { key in
                    listed.entity.withUnsafeBytes { hasPassed(EntityKey(key), EntityView($0)) }
                }
            }
            looked += slice.looked
            last = slice.last ?? last
            if slice.isEnd { return page }
            page.isPartial = looked >= ResidentState.lookedMax && page.found.count < limit
            if page.found.count >= limit || page.isPartial {
                page.next = last
                return page
            }
        }
    }

    /// How many there are, and of which sort.
    struct Summary {
        var counts: FeedCounts
        var agents: Int
        var contacts: Int
        var queues: Int
    }

    var summary: Summary {
        state.look { state in
            Summary(
                counts: state.view.counts, agents: state.view.count(of: .agent), contacts: state.view.count(of: .contact),
                queues: state.view.count(of: .queue))
        }
    }

    /// The Regions that are given and those that told of anything here, with the newest that each told.
    package func joined(to known: [ReadingRegion]) -> [ReadingRegion] {
        let newest = state.look { $0.view.newest }
        var regions = known
        for (name, time) in newest {
            let time = Timestamp(milliseconds: time)
            if let at = regions.firstIndex(where: { $0.name == name }) {
                regions[at].newestFact = max(time, regions[at].newestFact ?? time)
            } else {
                regions.append(ReadingRegion(name: name, isOwn: false, newestFact: time))
            }
        }
        return regions
    }
}
