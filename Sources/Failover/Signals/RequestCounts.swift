import Synchronization

/// Requests that failover has sent, by service and Region. Bounded by the services and Regions that there are.
package final class RequestCounts: Sendable {
    package struct Place: Hashable, Sendable {
        package var service: String
        package var region: String
    }

    private let counts = Mutex<[Place: Int]>([:])

    package init() {}

    package func count(_ service: String, _ region: String) {
        counts.withLock { $0[Place(service: service, region: region), default: 0] += 1 }
    }

    /// In a fixed order.
    package var all: [(place: Place, count: Int)] {
        counts.withLock { $0.map { ($0.key, $0.value) } }
            .sorted { ($0.0.service, $0.0.region) < ($1.0.service, $1.0.region) }
    }
}
