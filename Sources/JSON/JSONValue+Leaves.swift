import CSimdJSON

extension JSONValue {
    /// The values at any depth that say something: strings but the empty one, numbers, `true` and `false`; not the names of members.
    /// Cost: linear in all that is in the value.
    public var leafCount: Int {
        var count = 0
        var at = node
        let end = node + Int(node.pointee.next)
        while at < end {
            let each = at.pointee
            let isText = each.kind == Kind.string.rawValue && each.flags & UInt8(CSJ_FLAG_KEY) == 0 && each.end > each.start
            let isOther = each.kind > Kind.string.rawValue && each.kind < Kind.null.rawValue
            if isText || isOther { count &+= 1 }
            at += 1
        }
        return count
    }
}
