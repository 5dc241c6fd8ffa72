import CCurl
import Platform

/// An easy handle of libcurl, and how a connection is made for it.
///
/// Invariant: only the client's thread touches it. The object lives for as long as its handle is in a multi handle.
class CurlHandle {
    let easy: UnsafeMutableRawPointer
    private let message: UnsafeMutablePointer<CChar>

    init?() {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        message[0] = 0
    }

    deinit {
        curl_easy_cleanup(easy)
        message.deallocate()
    }

    /// The one whose handle it is.
    static func of(_ easy: UnsafeMutableRawPointer) -> CurlHandle? {
        var context: UnsafeMutableRawPointer?
        guard converge_curl_get_pointer(easy, CURLINFO_PRIVATE, &context) == CURLE_OK, let context else { return nil }
        return Unmanaged<CurlHandle>.fromOpaque(context).takeUnretainedValue()
    }

    func set(_ option: CURLoption, _ value: Int) { _ = converge_curl_set_long(easy, option, value) }
    func set(_ option: CURLoption, _ value: String) { _ = converge_curl_set_text(easy, option, value) }

    /// What all connections have in common: where they may lead, and that certificates are verified.
    func setConnection(_ request: HTTPRequest, _ options: HTTPOptions) {
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        if let file = options.caFile { set(CURLOPT_CAINFO, file) }
        if let directory = options.caDirectory { set(CURLOPT_CAPATH, directory) }
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(request.timeouts.connect / .milliseconds(1))))
        set(CURLOPT_TCP_KEEPALIVE, 1)
        // Set always: left alone, libcurl would look into the process's environment itself.
        set(CURLOPT_PROXY, options.proxies.proxy(of: request)?.revealed ?? "")
        set(CURLOPT_NOPROXY, options.proxies.direct ?? "")
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        message[0] = 0
        _ = converge_curl_set_pointer(easy, CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
        _ = converge_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, message)
    }

    /// What libcurl says of an error.
    func text(of code: CURLcode) -> String {
        message[0] != 0 ? String(cString: message) : String(cString: curl_easy_strerror(code))
    }
}

extension HTTPError.Kind {
    init(_ code: CURLcode) {
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: self = .badRequest
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .cannotResolve
        case CURLE_COULDNT_CONNECT: self = .cannotConnect
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE: self = .untrusted
        // The other stages are timed by the loop.
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut(.connect)
        case CURLE_PARTIAL_FILE: self = .cutShort
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SSL_CONNECT_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            self = .connectionLost
        default: self = .other
        }
    }
}
