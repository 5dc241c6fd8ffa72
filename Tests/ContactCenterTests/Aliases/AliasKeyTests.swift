import Foundation
import TestSupport
import Testing

@testable import ContactCenter
@testable import Platform

@Suite("the key of aliases", .limited)
struct AliasKeyTests {
    private static let secret = "a key for tests alone, of more than 32 bytes"

    static func key(_ secret: String = secret, country: String? = "44") throws -> AliasKey {
        try AliasKey(Array(secret.utf8), country: country.flatMap { CallingCode($0) })
    }

    /// Computed by Python's `hmac` and `hashlib`.
    @Test("the id is the type and the first half of HMAC-SHA-256 over type, NUL and normal form")
    func ids() throws {
        let key = try Self.key()
        #expect(key.id(.phone, "+442079460018") == "phone/a1ede1be6862782d7b4afa266f8c4982")
        #expect(key.id(.phone, "020 7946 0018") == "phone/a1ede1be6862782d7b4afa266f8c4982")
        #expect(key.id(.email, "Maja.Novak@example.com ") == "email/f1dbe4e113bb74f405d7f2bbd12f3874")
        #expect(key.id(.chat, "maja@chat.example") == "chat/4e306dcc04fd501dcb4e4b7756d31f3b")
        #expect(key.id(.phone, "anonymous") == nil && key.id(.phone, "") == nil)
        #expect(key.keyID == "ea9b34ac")
    }

    @Test("the same text of two types, and of two keys, has two ids")
    func apart() throws {
        let (key, other) = (try Self.key(), try Self.key(Self.secret + "!"))
        #expect(key.id(.email, "a@b")?.dropFirst(6) != key.id(.chat, "a@b")?.dropFirst(5))
        #expect(key.id(.phone, "+442079460018") != other.id(.phone, "+442079460018"))
        #expect(key != other)
        #expect(try key != Self.key(country: "1") && key == Self.key())
    }

    @Test("a key of fewer than 32 bytes is refused, and the reason does not quote it")
    func short() throws {
        let error = #expect(throws: UsageError.self) { try AliasKey(Array("short-secret".utf8), country: nil) }
        #expect(error?.description.contains("12 bytes, and needs at least 32") == true)
        #expect(error?.description.contains("short-secret") == false)
        #expect(try AliasKey(Array(repeating: 7, count: 32), country: nil).id(.phone, "+442079460018") != nil)
    }

    @Test("a line break at the end of the file is no part of the key", arguments: ["", "\n", "\r\n"])
    func files(end: String) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "alias-key-\(UUID())")
        try Data((Self.secret + end).utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(try AliasKey(file: file.path, country: nil).keyID == Self.key().keyID)
        #expect(throws: UsageError.self) { try AliasKey(file: file.path + "-absent", country: nil) }
    }

    @Test("no description, dump or mirror shows the key")
    func secrecy() throws {
        let key = try Self.key()
        var dumped = ""
        dump(DecoderOptions(aliasKey: key), to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(!text.contains(Self.secret) && text.count < 600, "\(text)")
        }
        #expect("\(key)" == "alias key \(key.keyID)")
    }
}
