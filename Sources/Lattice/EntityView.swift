public import Platform

/// An entity: a map from path to register, as the canonical binary encoding that memory, mutations, rows and files share.
///
/// Layout, little-endian: u8 format version (1), three zero bytes, u32 register count, then the registers
/// (``RegisterView``) in ascending order of path bytes, each path once. One state has exactly one encoding.
/// A mutation is an entity too: the registers that one event tells. To merge is to join, always.
///
/// A view trusts its bytes; bytes from outside the process go through ``validate(_:)`` first.
public struct EntityView: Sequence, @unchecked Sendable {
    /// The version that this program writes; it reads every older one.
    public static let formatVersion: UInt8 = 1
    @usableFromInline static let headerSize = 8

    /// The whole encoding.
    public let bytes: ByteView

    @inline(__always)
    public init(_ bytes: ByteView) { self.bytes = bytes }

    /// The encoding of an entity that nothing is known of.
    public static let emptyEncoding: [UInt8] = [formatVersion, 0, 0, 0, 0, 0, 0, 0]

    @inline(__always)
    public var count: Int { Int(bytes.integer(at: 4, as: UInt32.self)) }

    public struct Iterator: IteratorProtocol {
        var at: UnsafeRawPointer
        let end: UnsafeRawPointer

        @inline(__always)
        public mutating func next() -> RegisterView? {
            guard at < end else { return nil }
            let register = RegisterView(at: at)
            at += register.bytes.count
            return register
        }
    }

    @inline(__always)
    public func makeIterator() -> Iterator {
        let base = bytes.baseAddress.unsafelyUnwrapped
        return Iterator(at: base + EntityView.headerSize, end: base + bytes.count)
    }

    /// The register at `path`, if any. Cost: linear in the number of registers (a dozen or two).
    public func register(_ path: ByteView) -> RegisterView? {
        for register in self where register.path.equals(path) { return register }
        return nil
    }

    /// The register at `path`, if any.
    public func register(_ path: StaticString) -> RegisterView? { register(path.view) }

    /// Where the first register starts that lies at or behind an offset into ``bytes``, nil where none does.
    public func firstRegister(atOrBehind offset: Int) -> UnsafeRawPointer? {
        let base = bytes.baseAddress.unsafelyUnwrapped
        guard offset < bytes.count else { return nil }
        var at = base + EntityView.headerSize
        while at < base + offset { at += RegisterView(at: at).bytes.count }
        return at < base + bytes.count ? at : nil
    }

    /// The time of the newest stamp of all registers, what retention counts from; nil of an empty entity.
    public var latest: Timestamp? {
        var latest: Timestamp?
        for register in self { latest = Swift.max(latest ?? register.time, register.time) }
        return latest
    }
}

/// Why bytes are not an entity.
public enum EncodingError: Error, Equatable, CustomStringConvertible {
    case truncated(offset: Int)
    case unknownVersion(UInt8)
    case malformed(String, offset: Int)

    public var description: String {
        switch self {
        case .truncated(let offset): "entity encoding ends early, at byte \(offset)"
        case .unknownVersion(let version):
            "entity encoding has format version \(version); this program reads version \(EntityView.formatVersion)"
        case .malformed(let what, let offset): "entity encoding is malformed at byte \(offset): \(what)"
        }
    }
}

extension EntityView {
    /// Whether ``validate(_:)`` passes, for assertions.
    package static func isValid(_ bytes: ByteView) -> Bool { (try? validate(bytes)) != nil }

    /// Checks bytes that came from a disk or a network, every length and order, before a view trusts them.
    public static func validate(_ bytes: ByteView) throws(EncodingError) {
        guard bytes.count >= headerSize else { throw .truncated(offset: bytes.count) }
        guard bytes[0] == formatVersion else { throw .unknownVersion(bytes[0]) }
        guard bytes[1] == 0, bytes[2] == 0, bytes[3] == 0 else { throw .malformed("reserved bytes in use", offset: 1) }
        var at = headerSize
        var previous: ByteView?
        var registers = 0
        while at < bytes.count {
            guard bytes.count - at >= RegisterView.headerSize else { throw .truncated(offset: bytes.count) }
            let header = bytes.slice(at, RegisterView.headerSize)
            let payload = Int(header.integer(at: 0, as: UInt32.self))
            let path = Int(header.integer(at: 4, as: UInt16.self))
            let region = Int(header[16])
            let id = Int(header[17])
            let size = RegisterView.headerSize + path + region + id + payload
            guard bytes.count - at >= size else { throw .truncated(offset: bytes.count) }
            guard let rule = Rule(rawValue: header[6]) else { throw .malformed("unknown rule \(header[6])", offset: at + 6) }
            guard header[19] <= 1 else { throw .malformed("unknown flags", offset: at + 19) }
            try validateID(form: header[18], bytes.slice(at + RegisterView.headerSize + path + region, id), at: at + 18)
            let register = RegisterView(at: bytes.baseAddress.unsafelyUnwrapped + at)
            if register.isTombstone, rule != .lastWriterWins || payload > 0 {
                throw .malformed("tombstone with a value", offset: at + 19)
            }
            switch rule {
            case .lastWriterWins: break
            case .max, .min: guard payload >= 8 else { throw .malformed("no measure", offset: at + size - payload) }
            case .union: try validateUnion(register, at: at)
            case .sketch:
                guard SketchView.isValid(register.payload) else { throw .malformed("no sketch", offset: at + size - payload) }
            }
            if register.value.isEmpty, rule != .union, rule != .sketch, !register.isTombstone {
                throw .malformed("no value", offset: at)
            }
            if let previous, previous.compare(register.path) >= 0 { throw .malformed("paths out of order", offset: at) }
            previous = register.path
            at += size
            registers += 1
        }
        guard registers == EntityView(bytes).count else { throw .malformed("register count is wrong", offset: 4) }
    }

    private static func validateID(form: UInt8, _ bytes: ByteView, at offset: Int) throws(EncodingError) {
        switch EventID.Form(rawValue: form) {
        case .text where bytes.count != 36 && bytes.count != 64: return
        case .text:
            // Two forms of one id would be equal and yet two encodings.
            var packed = ByteBuffer(capacity: 64)
            if EventID.pack(bytes, into: &packed) == .text { return }
        case .uuid where bytes.count == 16, .digest where bytes.count == 32: return
        default: break
        }
        throw .malformed("bad event id", offset: offset)
    }

    private static func validateUnion(_ register: RegisterView, at registerOffset: Int) throws(EncodingError) {
        let payload = register.payload
        let offset = registerOffset + register.bytes.count - payload.count
        guard payload.count >= UnionView.headerSize else { throw .malformed("union without a header", offset: offset) }
        var at = UnionView.headerSize
        var members = 0
        var previous: ByteView?
        var newest: Stamp?
        while at < payload.count {
            guard payload.count - at >= UnionView.memberHeaderSize else { throw .truncated(offset: offset + at) }
            let header = payload.slice(at, UnionView.memberHeaderSize)
            let size =
                UnionView.memberHeaderSize + Int(header.integer(at: 0, as: UInt32.self)) + Int(header[4]) + Int(header[5])
            guard payload.count - at >= size else { throw .truncated(offset: offset + at) }
            let id = payload.slice(at + UnionView.memberHeaderSize + Int(header[4]), Int(header[5]))
            try validateID(form: header[6], id, at: offset + at + 6)
            let member = UnionView.Member(at: payload.baseAddress.unsafelyUnwrapped + at)
            guard !member.value.isEmpty else { throw .malformed("no value", offset: offset + at) }
            if let previous, previous.compare(member.value) >= 0 {
                throw .malformed("union members out of order", offset: offset + at)
            }
            previous = member.value
            newest = newest.map { $0.compare(member.stamp) >= 0 ? $0 : member.stamp } ?? member.stamp
            at += size
            members += 1
        }
        let union = UnionView(payload)
        guard members == union.count, members <= union.capacity, members > 0 else {
            throw .malformed("union count is wrong", offset: offset)
        }
        guard let newest, newest.compare(register.stamp) == 0 else {
            throw .malformed("union stamp is not its greatest member's", offset: registerOffset)
        }
    }
}
