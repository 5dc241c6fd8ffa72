import Foundation
import JSON
import Platform
import TestSupport
import Testing

@Suite(.limited) struct IndexTests {
    @Test("the index gives the value that was written, in any spelling")
    func agreesWithTree() throws {
        let page = try GuardedPage()
        let parser = JSONParser()
        forAll { random in
            let tree = random.tree(Vocabulary())
            let document = random.space() + random.spell(tree) + random.space()
            let root = try parser.parse(page.copy(document)).root
            try demand(try Tree(root).sameMeaning(as: tree), document)
        }
    }

    @Test("the index gives the same values as Foundation")
    func agreesWithFoundation() throws {
        let page = try GuardedPage()
        let parser = JSONParser()
        let keys = JSONParser()
        forAll { random in
            let tree = random.tree(Vocabulary(lonelySurrogates: false, duplicateKeys: false))
            let document = random.space() + random.spell(tree) + random.space()
            let root = try parser.parse(page.copy(document)).root
            let theirs = try JSONSerialization.jsonObject(with: Data(document.utf8), options: .fragmentsAllowed)
            try compare(root, theirs, document, keys)
        }
    }

    private func compare(_ mine: JSONValue, _ theirs: Any, _ document: String, _ keys: JSONParser) throws {
        switch mine.kind {
        case .null: try demand(theirs is NSNull, "null in \(document)")
        case .true: try demand(theirs as? Bool == true, "true in \(document)")
        case .false: try demand(theirs as? Bool == false, "false in \(document)")
        case .number:
            let token = mine.bytes.text
            guard let theirs = (theirs as? NSNumber)?.doubleValue, let mine = Double(token) else {
                throw Violation("\(token) is no number in \(document)")
            }
            // Foundation reads long numbers as decimals, which round differently.
            try demand(abs(mine - theirs) <= abs(mine) * 1e-14, "\(token) is not \(theirs) in \(document)")
        case .string:
            var out = ByteBuffer()
            mine.appendUnescaped(to: &out)
            try demand((theirs as? String).map { Array($0.utf8) } == out.array, "\(mine.bytes.text) in \(document)")
        case .array:
            let elements = theirs as? [Any] ?? []
            let mines = Array(mine.elements)
            try demand(mines.count == elements.count, "elements in \(document)")
            for (mine, theirs) in zip(mines, elements) { try compare(mine, theirs, document, keys) }
        case .object:
            let members = theirs as? [String: Any] ?? [:]
            let mines = Array(mine.members)
            try demand(mines.count == members.count, "\(mines.count) members, not \(members.count), in \(document)")
            for (name, value) in mines {
                // The key's meaning, by way of a string value of the same spelling.
                let quoted = Array(("\"" + name.text + "\"").utf8)
                let key = try quoted.withUnsafeBytes { bytes in
                    var out = ByteBuffer()
                    try keys.parse(bytes).root.appendUnescaped(to: &out)
                    return out.bytes.text
                }
                guard let theirs = members[key] else { throw Violation("no \(key) in \(document)") }
                try compare(value, theirs, document, keys)
            }
        }
    }

    @Test("member finds a JSON member by name, the last of several, and none in a value that is not an object")
    func member() throws {
        let text = Array(#"{"a":1,"b":{"a":2,"x":"y"},"ab":3,"":4,"a":[5,{"a":6}],"c\u0061":7}"#.utf8)
        try text.withUnsafeBytes { text in
            let parser = JSONParser()
            let document = try parser.parse(text)
            let root = document.root
            #expect(document.hasEscapedKeys)
            #expect(root.member("a")?.bytes.text == #"[5,{"a":6}]"#)
            #expect(root.member("b")?.member("a")?.bytes.text == "2")
            #expect(root.member("b")?.member("x")?.rawString.text == "y")
            #expect(root.member("ab")?.bytes.text == "3")
            #expect(root.member("")?.bytes.text == "4")
            #expect(root.member("x") == nil)
            #expect(root.member("ca") == nil)
            #expect(root.member("a")?.member("a") == nil)
            #expect(root.member("a")?.elements.map(\.bytes.text) == ["5", #"{"a":6}"#])
            #expect(root.member("ab")?.member("a") == nil)
            #expect(root.members.map(\.name.text) == ["a", "b", "ab", "", "a", #"c\u0061"#])
            #expect(root.members.map(\.value.kind) == [.number, .object, .number, .number, .array, .number])
        }
    }

    @Test("member finds the same as a dictionary that keeps the last value")
    func memberAgrees() throws {
        let page = try GuardedPage()
        let parser = JSONParser()
        forAll { random in
            let members = (0..<random.below(12)).map { _ in (random.pick(["a", "b", "ab", ""]), "\(random.below(100))") }
            let document = "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
            let root = try parser.parse(page.copy(document)).root
            let last = Dictionary(members) { $1 }
            try demand(root.member("a")?.bytes.text == last["a"], document)
            try demand(root.member("b")?.bytes.text == last["b"], document)
            try demand(root.member("ab")?.bytes.text == last["ab"], document)
            try demand(root.member("")?.bytes.text == last[""], document)
        }
    }

    @Test(
        "unescaping gives UTF-8; half of a surrogate pair stays an escape",
        arguments: [
            (#""""#, ""), (#""a""#, "a"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u00E9é""#, "ééé"),
            (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00!""#, "😀!"), (#""\uD800""#, "\\ud800"), (#""\udC00x""#, "\\udc00x"),
            (#""\ud800\ud83d\ude00""#, "\\ud800😀"), (#""\ud800\n""#, "\\ud800\n"), (#""\u0000""#, "\u{0}"),
            (#""a\u0041b\u0042""#, "aAbB"),
        ])
    func unescaping(_ document: String, _ meaning: String) throws {
        let page = try GuardedPage()
        let parser = JSONParser()
        var out = ByteBuffer()
        try parser.parse(page.copy(document)).root.appendUnescaped(to: &out)
        #expect(out.bytes.text == meaning)
    }
}
