import Glibc

/// Whether a request that came to a server on loopback was meant for it.
///
/// A page of a foreign site can reach this machine's loopback under the site's own name (DNS rebinding), and its browser then
/// lets it read what is answered. The name stands in `Host`: only those of loopback itself are answered.
package enum LoopbackHost {
    /// IPv4 or IPv6, in digits.
    package static func isLoopback(address: String) -> Bool {
        var four = in_addr()
        if inet_pton(AF_INET, address, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        var six = in6_addr()
        guard inet_pton(AF_INET6, address, &six) == 1 else { return false }
        return withUnsafeBytes(of: six) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
    }

    /// Whether it is an address in digits.
    package static func isAddress(_ text: String) -> Bool {
        var (four, six) = (in_addr(), in6_addr())
        return inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1
    }

    /// `host`: the header, with or without a port.
    package static func isLoopback(host: String) -> Bool {
        var name = host.utf8[...]
        if name.first == UInt8(ascii: "[") {
            name = name.dropFirst().prefix { $0 != UInt8(ascii: "]") }
        } else if let colon = name.lastIndex(of: UInt8(ascii: ":")) {
            name = name[..<colon]
        }
        if name.last == UInt8(ascii: ".") { name = name.dropLast() }
        let text = String(Substring(name))
        return isLoopback(address: text) || text.lowercased() == "localhost"
    }
}
