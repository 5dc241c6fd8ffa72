import Platform

/// A set of ids that is asked many times: sorted once, then searched by halves.
struct SortedIDs {
    private let ids: [ByteView]

    init(_ ids: [ByteView]) { self.ids = ids.count > 1 ? ids.sorted { $0.compare($1) < 0 } : ids }

    func holds(_ id: ByteView) -> Bool {
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            let order = ids[middle].compare(id)
            if order == 0 { return true }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return false
    }
}
