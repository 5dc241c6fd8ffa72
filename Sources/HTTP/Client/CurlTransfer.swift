import CCurl
import Platform

/// One request in libcurl's hands: the easy handle and the memory it reads from and writes to. Used again for the next one.
///
/// Invariants: only the client's thread touches it. libcurl refers to `upload` and `self` from ``begin(_:_:)`` until
/// the handle has left its multi handle, and nothing here moves meanwhile: the object is held by the loop.
final class CurlTransfer: CurlHandle {
    private let pool: BufferPool
    private var submission: HTTPLoop.Submission?
    private var upload = ByteBuffer(capacity: 1024)
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var head: BufferPool.Block
    private var body: BufferPool.Block
    private var bodyBytesMax = 0
    private var times = TransferTimes(.now)
    private var isPaused = false
    /// Why a callback ended the transfer.
    private var refusal: HTTPError?

    init?(_ pool: BufferPool) {
        self.pool = pool
        head = pool.take()
        body = pool.take()
        super.init()
    }

    deinit { curl_slist_free_all(headers) }

    // MARK: The request

    func begin(_ submission: HTTPLoop.Submission, _ options: HTTPOptions) {
        self.submission = submission
        times = TransferTimes(.now)
        isPaused = false
        refusal = nil
        bodyBytesMax = options.bodyBytesMax
        curl_easy_reset(easy)
        let request = submission.request
        set(CURLOPT_URL, request.url.text)
        setConnection(request, options)
        if request.isFresh { set(CURLOPT_FRESH_CONNECT, 1) }
        // Worth a moment's wait where HTTP/2 may come of it: many requests then share the connection.
        if request.url.scheme == .https { set(CURLOPT_PIPEWAIT, 1) }
        setBody(request)
        setHeaders(request)
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = converge_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        _ = converge_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        _ = converge_curl_set_take(easy, CURLOPT_WRITEFUNCTION, takeBodyPiece)
        _ = converge_curl_set_take(easy, CURLOPT_HEADERFUNCTION, takeHeaderLine)
    }

    private func setBody(_ request: HTTPRequest) {
        upload.removeAll()
        if request.method == .head { return set(CURLOPT_NOBODY, 1) }
        if request.method == .get || request.method == .delete, request.body.isEmpty {
            set(CURLOPT_HTTPGET, 1)
        } else {
            request.body.withUnsafeBytes { upload.append($0) }
            set(CURLOPT_POST, 1)
            _ = converge_curl_set_pointer(easy, CURLOPT_POSTFIELDS, upload.base)
            _ = converge_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(upload.count))
        }
        set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    }

    private func setHeaders(_ request: HTTPRequest) {
        curl_slist_free_all(headers)
        headers = nil
        for header in request.headers {
            // libcurl takes `Name:` for a header to leave out, and `Name;` for one without a value.
            let line = header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
            headers = curl_slist_append(headers, line) ?? headers
        }
        // No round trip ahead of a large body, and no type that nobody has said.
        headers = curl_slist_append(headers, "Expect:") ?? headers
        if !request.headers.contains(where: { $0.isNamed("content-type") }) {
            headers = curl_slist_append(headers, "Content-Type:") ?? headers
        }
        _ = converge_curl_set_list(easy, CURLOPT_HTTPHEADER, headers)
    }

    func resume() {
        guard isPaused else { return }
        isPaused = false
        times.resumed(.now)
        curl_easy_pause(easy, CURLPAUSE_CONT)
    }

    // MARK: The answer

    fileprivate func take(header line: ByteView) -> Int {
        times.arrived(.now)
        // Lines of an interim answer, as 100 is, make room for those of the next.
        if line.count > 5, line.slice(0, 5).equals("HTTP/") { head.buffer.removeAll() }
        guard head.buffer.count + line.count <= 256 << 10 else {
            refusal = error(.tooLarge, "the headers are larger than 256 KiB")
            return 0
        }
        head.buffer.append(line)
        return line.count
    }

    fileprivate func take(body piece: ByteView) -> Int {
        times.arrived(.now)
        let status = self.status
        if let onChunk = submission?.onChunk, (200..<300).contains(status) {
            switch onChunk(status, piece) {
            case .more: return piece.count
            case .pause:
                isPaused = true
                return Int(CURL_WRITEFUNC_PAUSE)
            case .stop:
                refusal = error(.cancelled, "stopped by its receiver")
                return 0
            }
        }
        guard body.buffer.count + piece.count <= bodyBytesMax else {
            refusal = error(.tooLarge, "the body is larger than \(bodyBytesMax) bytes")
            return 0
        }
        body.buffer.append(piece)
        return piece.count
    }

    private var status: Int {
        var status = 0
        _ = converge_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    /// What the transfer came to, as libcurl ended it.
    func result(_ code: CURLcode) -> Result<HTTPResponse, HTTPError> {
        if let refusal { return .failure(refusal) }
        guard code == CURLE_OK else {
            return .failure(error(HTTPError.Kind(code), text(of: code)))
        }
        let response = HTTPResponse(
            status: status, head: PooledBytes(head, of: pool), body: PooledBytes(body, of: pool))
        head = pool.take()
        body = pool.take()
        return .success(response)
    }

    /// Which deadline has passed, if one has.
    func overdue(_ now: ContinuousClock.Instant) -> HTTPError? {
        guard let submission, let (kind, reason) = times.overdue(submission, now, isPaused: isPaused) else { return nil }
        return error(kind, reason)
    }

    func error(_ kind: HTTPError.Kind, _ reason: String) -> HTTPError {
        HTTPError(kind, submission?.request.url.origin ?? "", reason)
    }

    /// Gives the request up and keeps the memory. Nil the second time.
    func finish() -> HTTPLoop.Submission? {
        defer { submission = nil }
        head.buffer.removeAll()
        body.buffer.removeAll()
        return submission
    }
}

/// Top-level functions, so that they carry no isolation.
private func takeBodyPiece(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
        .take(body: ByteView(start: bytes, count: size * count))
}

private func takeHeaderLine(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
        .take(header: ByteView(start: bytes, count: size * count))
}
