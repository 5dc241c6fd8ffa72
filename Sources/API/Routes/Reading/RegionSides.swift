import ContactCenter
import JSON
import Lattice
import Platform

/// What each Region told of an entity, side by side: its registers by the Region of their stamps, whichever row they stand in.
struct RegionSides {
    private var sides: [String: [UInt8]] = [:]

    /// Takes in a row; rows in any order.
    mutating func take(_ entity: EntityView) {
        var regions: Set<String> = []
        entity.gatherRegions(into: &regions)
        for region in regions {
            var part = ByteBuffer()
            var writer = EntityWriter(&part)
            for register in entity where register.rule != .union && register.stamp.region.text == region {
                writer.copy(&part, register)
            }
            writer.finish(&part)
            var joined = ByteBuffer()
            let before = sides[region] ?? EntityView.emptyEncoding
            if before.withUnsafeBytes({ Join.join(EntityView($0), EntityView(part.bytes), into: &joined).changed }) {
                sides[region] = joined.array
            }
        }
    }

    /// Writes the member `regions`: by Region the projection of what it told.
    func write(_ kind: EntityKind, _ id: String, to json: inout JSONWriter) {
        var key = ByteBuffer()
        key.append(kind.rawValue)
        key.append(id)
        let writer = StateWriter()
        json.object("regions") { json in
            for (region, encoding) in sides.sorted(by: { $0.key < $1.key }) {
                var out = ByteBuffer()
                encoding.withUnsafeBytes {
                    writer.appendState(key: EntityKey(key.bytes), entity: EntityView($0), to: &out)
                }
                json.key(region)
                json.raw(out.bytes)
            }
        }
    }
}
