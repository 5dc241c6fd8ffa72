import Platform

/// The parts of an Amazon Connect ARN that identify something. Views into the ARN's text.
///
/// Takes what real captures hold: `arn:aws::connect:` with a doubled colon (in Amazon's own samples) and a backslash for the
/// slash (seen in a record). Source: DATA_MODEL section 0.
struct ConnectARN {
    var region: ByteView
    var account: ByteView
    /// Behind `instance/`.
    var instance: ByteView
    /// What stands behind the instance: `agent`, `queue`, `contact-flow`; empty of an instance's own ARN.
    var kind: ByteView
    /// What stands behind that; empty of an instance's own ARN.
    var resource: ByteView

    /// Nil where the text is no ARN of the service `connect` with an instance.
    @inline(__always)
    init?(_ text: ByteView) {
        guard text.count > 20, text[0] == 0x61, text[1] == 0x72, text[2] == 0x6E, text[3] == 0x3A,
            var at = text.firstOffset(of: 0x3A, from: 4)
        else { return nil }
        // The service follows the partition, with or without a doubled colon.
        if at + 1 < text.count, text[at + 1] == 0x3A { at += 1 }
        guard let regionStart = text.firstOffset(of: 0x3A, from: at + 1),
            text.slice(at + 1, regionStart - at - 1).equals("connect"),
            let accountStart = text.firstOffset(of: 0x3A, from: regionStart + 1),
            let resourceStart = text.firstOffset(of: 0x3A, from: accountStart + 1)
        else { return nil }
        region = ConnectARN.region(text.slice(regionStart + 1, accountStart - regionStart - 1))
        account = text.slice(accountStart + 1, resourceStart - accountStart - 1)
        let path = text.slice(resourceStart + 1, text.count - resourceStart - 1)
        guard path.count > 9, path.slice(0, 8).equals("instance"), path[8] == 0x2F || path[8] == 0x5C else { return nil }
        guard let slash = path.firstOffset(of: 0x2F, from: 9) else {
            instance = path.slice(9, path.count - 9)
            kind = path.slice(path.count, 0)
            resource = kind
            return
        }
        guard slash > 9 else { return nil }
        instance = path.slice(9, slash - 9)
        let kindEnd = path.firstOffset(of: 0x2F, from: slash + 1) ?? path.count
        kind = path.slice(slash + 1, kindEnd - slash - 1)
        resource = kindEnd < path.count ? path.slice(kindEnd + 1, path.count - kindEnd - 1) : path.slice(path.count, 0)
    }

    /// Whether it names an agent: nothing else may pass for one, not even an agent's own queue (`queue/agent/ID`).
    @inline(__always)
    var isAgent: Bool {
        kind.equals("agent") && !account.isEmpty && !resource.isEmpty && resource.firstOffset(of: 0x2F) == nil
    }

    /// A Region's name, or empty where the text cannot be one.
    static func region(_ text: ByteView) -> ByteView {
        guard text.count <= 32 else { return text.slice(0, 0) }
        for byte in text where !(byte == 0x2D || (byte >= 0x61 && byte <= 0x7A) || (byte >= 0x30 && byte <= 0x39)) {
            return text.slice(0, 0)
        }
        return text
    }

    /// Appends the agent's entity id, `account/instance/agent`: the Region is stripped, so both replicas of an agent under
    /// Global Resiliency are one entity.
    @inline(__always)
    func appendAgentID(to out: inout ByteBuffer) {
        out.append(account)
        out.append(UInt8(ascii: "/"))
        out.append(instance)
        out.append(UInt8(ascii: "/"))
        out.append(resource)
    }
}
