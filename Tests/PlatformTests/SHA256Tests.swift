import Platform
import TestSupport
import Testing

@Suite(.limited) struct SHA256Tests {
    @Test(
        "SHA-256 gives the digests of the FIPS 180-2 examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func vectors(_ text: String, _ digest: String) {
        var whole = SHA256()
        Array(text.utf8).withUnsafeBytes { whole.update($0) }
        var pieces = SHA256()
        for byte in text.utf8 { [byte].withUnsafeBytes { pieces.update($0) } }
        #expect(whole.finalizeHex() == digest)
        #expect(pieces.finalizeHex() == digest)
    }

    @Test("a copied hash state continues from the same point")
    func copies() {
        var a = SHA256()
        Array("ab".utf8).withUnsafeBytes { a.update($0) }
        var b = a
        Array("c".utf8).withUnsafeBytes { a.update($0) }
        Array("c".utf8).withUnsafeBytes { b.update($0) }
        #expect(a.finalizeHex() == b.finalizeHex())
    }
}
