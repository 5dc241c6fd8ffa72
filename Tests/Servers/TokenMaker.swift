import Foundation

/// `python/tokens.py`: an issuer of tokens by PyJWT.
public enum TokenMaker {
    static func python() throws -> URL {
        try PythonEnvironment.make("pyjwt", "pyjwt[crypto]==2.15.1").appendingPathComponent("python")
    }

    private static func run(_ arguments: [String]) throws -> Data {
        try Programs.run(python().path, ["-B", "-W", "ignore", "\(Script.folder)/tokens.py"] + arguments)
    }

    /// Key sets of two issuers, and tokens with what is expected of each.
    public static func cases() throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: run(["cases"])) as? [String: Any] ?? [:]
    }

    /// A token for each of these claims, of a key whose set is written to a file.
    public static func issue(keysTo file: String, issuer: String, _ claims: [[String: Any]]) throws -> [String] {
        let texts = try claims.map { String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self) }
        return String(decoding: try run(["issue", file, issuer] + texts), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
