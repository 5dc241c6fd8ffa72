public import Bytes

/// An entity: a map from path to register, as the canonical binary encoding that memory, mutations, rows and files share.
///
/// Layout, little-endian: u8 format version (1), three zero bytes, u32 register count, then the registers
/// (``RegisterView``) in ascending order of path bytes, each path once. One state has exactly one encoding.
/// A mutation is an entity too: the registers that one event tells. To merge is to join, always.
///
/// A view is valid as long as the bytes it was made from. It trusts them; bytes from outside the process go through
/// ``validate(_:)`` first.
public struct EntityView: Sequence, @unchecked Sendable {
    public static let formatVersion: UInt8 = 1
    @usableFromInline static let headerSize = 8

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
            let size =
                RegisterView.headerSize + payload + Int(header.integer(at: 4, as: UInt16.self)) + Int(header[16])
                + Int(header[17])
            guard bytes.count - at >= size else { throw .truncated(offset: bytes.count) }
            guard let rule = Rule(rawValue: header[6]) else { throw .malformed("unknown rule \(header[6])", offset: at + 6) }
            guard header[19] <= 1 else { throw .malformed("unknown flags", offset: at + 19) }
            try validateID(form: header[18], length: Int(header[17]), at: at)
            let register = RegisterView(at: bytes.baseAddress.unsafelyUnwrapped + at)
            switch rule {
            case .lastWriterWins: break
            case .max, .min: guard payload >= 8 else { throw .malformed("no measure", offset: at) }
            case .union: try validateUnion(register.payload, at: at)
            }
            if let previous, previous.compare(register.path) >= 0 { throw .malformed("paths out of order", offset: at) }
            previous = register.path
            at += size
            registers += 1
        }
        guard registers == EntityView(bytes).count else { throw .malformed("register count is wrong", offset: 4) }
    }

    private static func validateID(form: UInt8, length: Int, at offset: Int) throws(EncodingError) {
        switch EventID.Form(rawValue: form) {
        case .text: break
        case .uuid where length == 16, .digest where length == 32: break
        default: throw .malformed("bad event id", offset: offset + 18)
        }
    }

    private static func validateUnion(_ payload: ByteView, at offset: Int) throws(EncodingError) {
        guard payload.count >= UnionView.headerSize else { throw .malformed("union without a header", offset: offset) }
        var at = UnionView.headerSize
        var members = 0
        var previous: ByteView?
        while at < payload.count {
            guard payload.count - at >= UnionView.memberHeaderSize else { throw .truncated(offset: offset + at) }
            let header = payload.slice(at, UnionView.memberHeaderSize)
            let size = UnionView.memberHeaderSize + Int(header.integer(at: 0, as: UInt32.self)) + Int(header[4]) + Int(header[5])
            guard payload.count - at >= size else { throw .truncated(offset: offset + at) }
            try validateID(form: header[6], length: Int(header[5]), at: offset + at)
            let member = UnionView.Member(at: payload.baseAddress.unsafelyUnwrapped + at)
            if let previous, previous.compare(member.value) >= 0 {
                throw .malformed("union members out of order", offset: offset + at)
            }
            previous = member.value
            at += size
            members += 1
        }
        let union = UnionView(payload)
        guard members == union.count, members <= union.capacity, members > 0 else {
            throw .malformed("union count is wrong", offset: offset)
        }
    }
}
