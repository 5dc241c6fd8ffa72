import Platform

/// How far the service's clock is from this machine's. A value: both times are handed in.
struct ClockSkew: Hashable, Sendable {
    /// What is added to this machine's time before a request is signed.
    private(set) var offsetMilliseconds: Int64 = 0

    /// AWS accepts five minutes either way; from four on, a bad signature may well be the clock's fault.
    static let suspiciousMilliseconds: Int64 = 240_000

    func corrected(_ local: Timestamp) -> Timestamp { Timestamp(milliseconds: local.milliseconds + offsetMilliseconds) }

    /// Takes in the `Date` of an answer that refused a request: whether signing anew may help. `isCertain` is of the errors
    /// that name the clock; of others only a difference that explains them counts.
    mutating func learn(serverDate: Timestamp, local: Timestamp, isCertain: Bool) -> Bool {
        let offset = serverDate.milliseconds - local.milliseconds
        let change = abs(offset - offsetMilliseconds)
        guard isCertain || change >= ClockSkew.suspiciousMilliseconds else { return false }
        offsetMilliseconds = offset
        return true
    }

    /// Errors that a wrong clock may be behind, without saying so.
    static let suspiciousCodes: Set<String> = ["InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure"]
}

extension Timestamp {
    /// Reads the date of HTTP, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7; the obsolete forms are not read).
    init?(httpDate text: String) {
        let words = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 6, words[1].count == 2, words[3].count == 4, words[4].count == 8, words[5] == "GMT",
            let month = months.firstIndex(of: String(words[2]))
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        self.init("\(words[3])-\(number)-\(words[1])T\(words[4])Z")
    }
}
