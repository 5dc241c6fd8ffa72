package import ContactCenter
package import Lattice
public import Platform

/// Which rows are past their time: contacts, and the flows and sessions that come with them, once nothing was told of them for
/// so long, whatever their phase. Their number grows with every contact; agents, customers, queues and usernames stay, and aliases of customers. How many contacts
/// were started stays for five weeks at least (``volumeRetention``).
///
/// Expiry is outside the determinism contract: it goes by the clock. A row that expired is there for nobody from that moment on.
public struct Expiry: Sendable {
    /// What an expectation is made of: the same hour of five weeks, and the hour itself.
    package static let volumeRetention: Int64 = (35 * 24 + 1) * 3_600_000

    let retention: Int64
    package let watch: ExpiryWatch?
    private let now: @Sendable () -> Int64

    /// `retention`: milliseconds after the latest event. `watch`: is told what expires. `now`: milliseconds since 1970.
    public init(
        retention: Int64, watch: ExpiryWatch? = nil, now: @escaping @Sendable () -> Int64 = { Timestamp.now.milliseconds }
    ) {
        self.retention = retention
        self.watch = watch
        self.now = now
    }

    /// How long after its latest event a row of a kind is there, in milliseconds, where contacts are so long; nil: for ever.
    package static func retention(of kind: EntityKind?, _ entity: EntityView, _ retention: Int64) -> Int64? {
        switch kind {
        case .contact, .flow, .session: retention
        case .volume: max(retention, volumeRetention)
        case .agent, .customer, .queue, .username, nil: nil
        // Known by it is a customer, who stays, or only who called.
        case .alias: entity.register("customers") == nil ? retention : nil
        }
    }

    /// How often expired rows are looked for, in milliseconds: a tenth of the retention, but no more than once a minute and no less
    /// than once a day.
    package var sweepInterval: Int64 { min(max(retention / 10, 60_000), 86_400_000) }

    /// Milliseconds since 1970.
    package func time() -> Int64 { now() }

    /// Whether the row's time is over. Cost: a walk over the registers' headers.
    package func hasPassed(_ key: ByteView, _ entity: ByteView) -> Bool {
        guard let retention = Expiry.retention(of: EntityKey(key).kind, EntityView(entity), retention),
            let latest = EntityView(entity).latest
        else {
            return false
        }
        return latest.milliseconds + retention < now()
    }
}

extension Expiry {
    /// Tells the watch which rows are past their time already as they are written: nobody will ever see them. Cost: a walk over the headers
    /// of those that expire.
    package func tell(ofWritten rows: [RowBatch]) {
        guard let watch else { return }
        for batch in rows {
            for row in batch where hasPassed(row.key, row.entity) { watch.wrote(row.key, row.entity) }
        }
    }

    package func hasPassed(_ key: [UInt8], _ entity: [UInt8]) -> Bool {
        key.withUnsafeBytes { key in entity.withUnsafeBytes { hasPassed(key, $0) } }
    }
}
