public import Platform

/// The deployment's key, under which phone numbers, e-mail addresses and chat identities become ids of aliases. Without it nobody can tell
/// from an id which number it stands for, or try all numbers; with it a number is looked up.
///
///     let key = try AliasKey(bytes, country: CallingCode("44"))
///     key.id(.phone, "020 7946 0018")     // phone/5f0c..: the same as of +442079460018
///
/// The id is the type, a slash, and the first 32 hexadecimal digits of HMAC-SHA-256(key, type + NUL + normalised identity).
/// Immutable and safe from any thread. Cost: about a microsecond an id. No description and no mirror shows the key.
public final class AliasKey: Sendable {
    /// Fewest bytes of a key.
    public static let bytesMin = 32
    /// Most bytes of a key's file.
    public static let bytesMax = 4096
    private static let tagBytes = 16

    /// Which key it is, for people: the first 8 hexadecimal digits of its SHA-256.
    public let keyID: String
    /// Of phone numbers without a calling code; nil: such numbers have no alias.
    public let country: CallingCode?
    private let fingerprint: String
    private let hmac: HMACSHA256

    /// Of a key of at least ``bytesMin`` bytes.
    public init(_ key: [UInt8], country: CallingCode?) throws(UsageError) {
        guard key.count >= AliasKey.bytesMin else {
            throw UsageError(
                "the alias key has \(key.count) bytes, and needs at least \(AliasKey.bytesMin); make one with: openssl rand -hex 32"
            )
        }
        var hash = SHA256()
        key.withUnsafeBytes { hash.update($0) }
        fingerprint = hash.finalizeHex()
        keyID = String(fingerprint.prefix(8))
        hmac = key.withUnsafeBytes { HMACSHA256(key: $0) }
        self.country = country
    }

    /// Of a file; a line break at its end is no part of the key.
    public convenience init(file: String, country: CallingCode?) throws(UsageError) {
        var bytes: [UInt8]
        do throws(FileError) { bytes = try readFile(file, bytesMax: AliasKey.bytesMax) } catch {
            throw UsageError("the alias key cannot be read: \(error)")
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        try self.init(bytes, country: country)
    }

    /// The id of an identity's alias; nil where the text is no identity of this type.
    public func id(_ type: AliasType, _ identity: String) -> String? {
        var identity = identity
        var scratch = ByteBuffer()
        var id = ByteBuffer()
        return identity.withUTF8 { appendID(type, ByteView($0), scratch: &scratch, to: &id) } ? id.bytes.text : nil
    }

    /// Appends the id of an identity's alias. False, and nothing appended, where the text is no identity of this type.
    /// `scratch` is overwritten.
    func appendID(_ type: AliasType, _ identity: ByteView, scratch: inout ByteBuffer, to id: inout ByteBuffer) -> Bool {
        scratch.removeAll()
        scratch.append(type.name)
        scratch.append(0 as UInt8)
        guard type.appendNormalised(identity, country: country, to: &scratch) else { return false }
        id.append(type.name)
        id.append("/")
        hmac.tag(scratch.bytes) { id.appendHex($0.slice(0, AliasKey.tagBytes)) }
        return true
    }
}

extension AliasKey: Equatable {
    public static func == (a: AliasKey, b: AliasKey) -> Bool { a.fingerprint == b.fingerprint && a.country == b.country }
}

extension AliasKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "alias key \(keyID)" }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
