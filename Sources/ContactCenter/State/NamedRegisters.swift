import JSON
import Lattice
import Platform

extension RegisterView {
    /// What stands behind `prefix` in the path, percent-encoded as it is; nil of another path.
    @inline(__always)
    func segment(after prefix: StaticString) -> ByteView? {
        let path = path
        let length = prefix.utf8CodeUnitCount
        guard path.count >= length, path.slice(0, length).equals(prefix) else { return nil }
        return path.slice(length, path.count - length)
    }
}

/// Registers gathered under the decoded last segments of their paths and sorted by those names: what a JSON object with a
/// member per Region, milestone or variable is written from.
///
/// The registers lie sorted by *encoded* path, which is another order: `a%2Fb` (`a/b`) lies before `a+b`. And one name may
/// come under several prefixes.
///
/// Invariant: `decoded` does not move while entries point into it. ``begin(_:)`` makes room for all the names that the
/// entity can hold, so each of its paths may be decoded once.
struct NamedRegisters: ~Copyable {
    struct Entry {
        let name: ByteView
        /// Which prefix the register was found under; the gatherer's own numbering.
        let tag: UInt8
        let register: RegisterView
    }

    private(set) var entries: [Entry] = []
    private var decoded = ByteBuffer()
    private var ordered = true

    /// Forgets everything and gets ready for the registers of `entity`.
    mutating func begin(_ entity: EntityView) {
        entries.removeAll(keepingCapacity: true)
        decoded.removeAll()
        decoded.reserve(entity.bytes.count)
        ordered = true
    }

    @inline(__always)
    mutating func add(_ segment: ByteView, tag: UInt8 = 0, _ register: RegisterView) {
        let name = decode(segment)
        if ordered, let last = entries.last { ordered = last.name.compare(name) <= 0 }
        entries.append(Entry(name: name, tag: tag, register: register))
    }

    /// A path segment without its percent-encoding: `%2F` and `%25`, which are all that the writer encodes. Valid until
    /// ``begin(_:)``.
    mutating func decode(_ segment: ByteView) -> ByteView {
        guard segment.firstOffset(of: UInt8(ascii: "%")) != nil else { return segment }
        assert(decoded.capacity - decoded.count >= segment.count)
        let start = decoded.count
        var at = 0
        while at < segment.count {
            if at + 3 <= segment.count, segment[at] == UInt8(ascii: "%") {
                let code = segment.slice(at, 3)
                let isSlash = code.equals("%2F")
                if isSlash || code.equals("%25") {
                    decoded.append(isSlash ? UInt8(ascii: "/") : UInt8(ascii: "%"))
                    at += 3
                    continue
                }
            }
            decoded.append(segment[at])
            at += 1
        }
        return decoded.bytes.slice(start, decoded.count - start)
    }

    /// Brings equal names together, names ascending by their bytes.
    mutating func sort() {
        guard !ordered else { return }
        entries.sort { $0.name.compare($1.name) < 0 }
        ordered = true
    }

    /// The entries of the name at `at`, which then stands behind them; nil at the end. Only after ``sort()``.
    func nextGroup(_ at: inout Int) -> Range<Int>? {
        guard at < entries.count else { return nil }
        let start = at
        repeat { at += 1 } while at < entries.count && entries[at].name.equals(entries[start].name)
        return start..<at
    }

    /// The newest register of a name, tombstones included.
    func newest(of group: Range<Int>) -> RegisterView {
        var newest = entries[group.lowerBound].register
        for entry in entries[group.dropFirst()] where entry.register.isNewer(than: newest) { newest = entry.register }
        return newest
    }

    /// Appends `{name: value, ..}` of the newest register of each name. A tombstone that is the newest leaves its name out.
    mutating func appendFields(to out: inout ByteBuffer) {
        sort()
        out.append("{")
        var first = true
        var at = 0
        while let group = nextGroup(&at) {
            let newest = newest(of: group)
            guard !newest.isTombstone, !newest.value.isEmpty else { continue }
            if !first { out.append(",") }
            first = false
            out.appendJSONString(entries[group.lowerBound].name)
            out.append(":")
            out.append(newest.value)
        }
        out.append("}")
    }
}

extension RegisterView {
    /// The order of last-writer-wins, across paths.
    fileprivate func isNewer(than other: RegisterView) -> Bool {
        let stamps = stamp.compare(other.stamp)
        return stamps != 0 ? stamps > 0 : value.compare(other.value) > 0
    }
}
