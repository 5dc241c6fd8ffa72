/// Which table is the control table, and in which Regions it lives: three full replicas, or two and a witness, which keeps what is written and answers
/// nothing. A table with multi-Region strong consistency has exactly three Regions, all of one ``RegionSet``.
package struct ControlTableShape: Equatable, Sendable {
    package static let defaultName = "converge-control"

    package let name: String
    /// Full replicas; the table is made in the first of them.
    package let replicas: [String]
    package let witness: String?

    /// `regions`: two, or three where there is no witness. Of two without a witness the third replica is the first one of their set that is free.
    package init(name: String, regions: [String], witness: String? = nil) throws(ControlTableError) {
        guard ControlTableShape.isName(name) else {
            throw ControlTableError("'\(name)' is no name of a table: use 3 to 255 letters, digits, '_', '-' and '.'")
        }
        for (at, region) in regions.enumerated() where regions[..<at].contains(region) {
            throw ControlTableError("\(region) is given twice")
        }
        guard let first = regions.first, let set = RegionSet(of: first) else {
            throw ControlTableError(
                "\(regions.first ?? "nothing") has no tables with strong consistency; the sets are \(RegionSet.text)")
        }
        if let stranger = (regions + [witness].compactMap { $0 }).first(where: { !set.regions.contains($0) }) {
            throw ControlTableError(
                "\(stranger) and \(first) are not of one set: the three Regions of a table with strong consistency are of one of \(RegionSet.text)"
            )
        }
        if let witness {
            guard regions.count == 2, !regions.contains(witness) else {
                throw ControlTableError("a witness stands beside two replicas in two other Regions")
            }
            replicas = regions
        } else {
            guard regions.count == 2 || regions.count == 3 else {
                throw ControlTableError(
                    "\(regions.count) Regions are given; the table takes three, or two and the third is chosen")
            }
            replicas = Array((regions + set.regions.filter { !regions.contains($0) }).prefix(3))
        }
        self.name = name
        self.witness = witness
    }

    /// Where it is made, and changed from.
    package var home: String { replicas[0] }

    private static func isName(_ text: String) -> Bool {
        (3...255).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
                default: false
                }
            }
    }
}
