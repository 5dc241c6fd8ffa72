public import ContactCenter
public import Lattice

/// Calls `found` with one entity, if it is known.
public typealias EntityReading =
    @Sendable (EntityKind, String, _ found: (_ key: EntityKey, _ entity: EntityView) -> Void) throws(StoreError) -> Void
