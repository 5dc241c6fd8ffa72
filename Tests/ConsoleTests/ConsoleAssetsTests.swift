import Foundation
import Platform
import TestSupport
import Testing

@testable import Console
@testable import HTTPServer

@Suite("the console's files as they are served", .limited)
struct ConsoleAssetsTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Sources/CConsole/web").standardized
    private let assets = ConsoleAssets()
    private let router: HTTPRouter

    init() {
        var router = HTTPRouter()
        router.addConsole()
        self.router = router
    }

    private func get(_ target: String, _ fields: [(String, String)] = []) throws -> HTTPResponse {
        var request = try #require(HTTPRequest(method: "GET", target: target))
        request.headers = HTTPHeaders(fields)
        return router.answer(request)
    }

    @Test("every file of the folder is carried in as it stands, and nothing else")
    func whole() throws {
        let found = FileManager.default.enumerator(atPath: Self.root.path)?.compactMap { $0 as? String } ?? []
        let carried = found.filter { $0.hasSuffix(".js") || $0.hasSuffix(".css") }
        #expect(Set(carried) == Set(assets.files.keys))
        for path in carried {
            let file = try get("/console/v/\(assets.hash)/\(path)")
            #expect(file.body.bytes == [UInt8](try Data(contentsOf: Self.root.appendingPathComponent(path))), "\(path)")
            #expect(file.header("Cache-Control") == "public, max-age=31536000, immutable")
        }
        #expect(try get("/console/v/0000000000000000/main.js").status == 404)
        #expect(try get("/console/v/\(assets.hash)/../../secret").status == 404)
    }

    @Test("what was vendored is as it was published, and has its licences beside it")
    func vendored() throws {
        let folder = Self.root.appendingPathComponent("vendor")
        let sums = try String(contentsOf: folder.appendingPathComponent("SHA256SUMS"), encoding: .utf8).split(separator: "\n")
        #expect(sums.count == 3)
        for line in sums {
            let parts = line.split(separator: " ")
            var digest = SHA256()
            try Data(contentsOf: folder.appendingPathComponent(String(parts[1]))).withUnsafeBytes { digest.update($0) }
            #expect(digest.finalizeHex() == String(parts[0]), "\(parts[1])")
        }
        for name in ["LICENSE.preact", "LICENSE.htm", "LICENSE.uplot"] {
            #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path), "\(name)")
        }
    }

    @Test("all of it together is below 150 KB as it is sent")
    func weight() throws {
        var sum = assets.page.packed.count
        for file in assets.files.values { sum += file.packed.count }
        #expect(sum < 150_000, "\(sum) bytes")
        let packed = try get("/console/", [("Accept-Encoding", "br, gzip;q=0.8")])
        #expect(packed.header("Content-Encoding") == "gzip" && packed.body.bytes.starts(with: [0x1F, 0x8B]))
    }

    @Test(
        "gzip is for who accepts it",
        arguments: [
            ("gzip", true), ("br, gzip", true), ("gzip;q=0.5", true), ("*", true), ("GZIP", true), ("gzip;q=0", false),
            ("gzip; q=0.000", false), ("br", false), ("", false), ("x-gzipped", false),
        ])
    func codings(field: String, isPacked: Bool) throws {
        #expect(ConsoleAssets.acceptsGzip(field) == isPacked)
        #expect(!ConsoleAssets.acceptsGzip(nil))
    }

    @Test("who has it is told so, by the tag of the form that they would get")
    func tags() throws {
        let plain = try #require(try get("/console/").header("ETag"))
        let packed = try #require(try get("/console/", [("Accept-Encoding", "gzip")]).header("ETag"))
        #expect(plain != packed)
        for known in [plain, "\"x\", \(plain)", "W/\(plain)", "*"] {
            let answer = try get("/console/", [("If-None-Match", known)])
            #expect(answer.status == 304 && answer.body.bytes.isEmpty && answer.header("ETag") == plain, "\(known)")
        }
        #expect(try get("/console/", [("If-None-Match", packed)]).status == 200)
    }

    @Test("a browser may load the console's own files and ask its own server, and nothing else")
    func policy() throws {
        let page = try get("/console/")
        let policy = try #require(page.header("Content-Security-Policy"))
        #expect(policy.hasPrefix("default-src 'none';"))
        #expect(policy.contains("require-trusted-types-for 'script'; trusted-types chart"))
        #expect(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"))
        #expect(!policy.contains("unsafe") && !policy.contains("http:") && !policy.contains("https:") && !policy.contains("*"))
        #expect(page.header("Referrer-Policy") == "no-referrer" && page.header("Cross-Origin-Opener-Policy") == "same-origin")
        #expect(page.header("Cache-Control") == "no-cache")
        for target in ["/", "/console"] {
            let answer = try get(target)
            #expect(answer.status == 307 && answer.header("Location") == "console/", "\(target)")
        }
    }

    @Test(
        "the page names what its first page is made of, under the hash, and nothing that is not; no file names another host, makes HTML of a string or has an inline style"
    )
    func files() throws {
        let page = String(decoding: assets.page.bytes, as: UTF8.self)
        let preloaded = page.matches(of: /modulepreload" href="v\/[0-9a-f]{16}\/([^"]+)"/).map { String($0.1) }
        var needed: Set<String> = []
        var next = ["main.js"]
        while let path = next.popLast() {
            guard needed.insert(path).inserted else { continue }
            let text = String(decoding: try #require(assets.files[path]).bytes, as: UTF8.self)
            let folder = path.contains("/") ? String(path.prefix { $0 != "/" }) + "/" : ""
            for found in text.matches(of: /(?m)^import [^"]*"(\.\.?\/[^"]+)";$/) {
                next.append(String(found.1.hasPrefix("../") ? found.1.dropFirst(3) : folder + found.1.dropFirst(2)))
            }
        }
        #expect(needed.count > 10 && Set(preloaded) == needed.subtracting(["main.js"]))
        #expect(page.contains("\"v/\(assets.hash)/main.js\""))
        #expect(!page.contains("\"v/vendor") && !page.contains("<script>") && !page.contains("style="))
        for (path, file) in assets.files where !path.hasPrefix("vendor/") {
            let text = String(decoding: file.bytes, as: UTF8.self)
            #expect(text.contains("createPolicy") == (path == "core/chart.js"), "\(path)")
            for forbidden in [
                "http://", "https://", "innerHTML", "eval(", "document.write", "dangerouslySet", " style=", "@import",
            ] {
                #expect(!text.contains(forbidden), "\(path) has \(forbidden)")
            }
        }
    }
}
