public import Lattice
public import Platform

/// Where a contact of a pair with global routing began.
public enum ContactOrigin {
    private static let member: StaticString = "\"originRegion\":\""

    /// Whether the contact's events say that it began in this Region. Cost: a walk over the registers.
    public static func `is`(_ region: ByteView, of entity: EntityView) -> Bool {
        guard let told = entity.register("event/globalResiliency"), !told.isTombstone else { return false }
        return ContactOrigin.region(told)?.equals(region) ?? false
    }

    /// The Region that an `event/globalResiliency` names; nil where it names none.
    static func region(_ told: RegisterView) -> ByteView? {
        let value = told.value
        // Canonical JSON, as the decoder wrote it: what is looked for can stand in no other member's place.
        var at = 0
        while let quote = value.firstOffset(of: UInt8(ascii: "\""), from: at) {
            let rest = value.slice(quote, value.count - quote)
            let length = member.utf8CodeUnitCount
            if rest.count > length, rest.slice(0, length).equals(member) {
                guard let end = rest.firstOffset(of: UInt8(ascii: "\""), from: length) else { return nil }
                return rest.slice(length, end - length)
            }
            at = quote + 1
        }
        return nil
    }
}
