import HTTPClient
import TestSupport
import Testing

@Suite("URLs", .limited)
struct HTTPURLTests {
    @Test(
        "URLs are parsed and printed unchanged",
        arguments: [
            ("https://a.example/x/y?q=1&r", "https://a.example", "/x/y", "q=1&r"),
            ("HTTP://A.Example", "http://a.example", "/", ""),
            ("http://h:8080?x", "http://h:8080", "/", "x"),
            ("https://h:443/", "https://h", "/", ""),
            ("http://[::1]:80/p#fragment", "http://[::1]", "/p", ""),
            ("http://[fd00:ec2::23]/v1", "http://[fd00:ec2::23]", "/v1", ""),
        ])
    func read(text: String, origin: String, path: String, query: String) throws {
        let url = try #require(HTTPURL(text))
        #expect(url.origin == origin)
        #expect(url.path == path)
        #expect(url.query == query)
    }

    @Test(
        "invalid URLs and URLs with a password are refused",
        arguments: [
            "", "host", "ftp://h/", "http://", "http:///p", "http://u:p@h/", "http://h:99999/", "http://h:x/", "http://[::1/",
        ])
    func refused(text: String) {
        #expect(HTTPURL(text) == nil)
    }

    @Test("the description of a URL does not contain its query")
    func hidden() throws {
        #expect("\(try #require(HTTPURL("https://h/p?X-Amz-Signature=s")))" == "https://h/p")
    }
}
