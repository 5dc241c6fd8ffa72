/// A shard as the service describes it.
package struct KinesisShard: Hashable, Sendable {
    package var id: String
    /// One after a split, two after a merge, none of a shard that the stream was made with. A parent may be gone already.
    package var parents: [String] = []
    /// 128-bit numbers in decimal, as the service writes them.
    package var startingHashKey = ""
    package var endingHashKey = ""
    /// Whether it takes no more records.
    package var isClosed = false

    package init(
        id: String, parents: [String] = [], startingHashKey: String = "", endingHashKey: String = "", isClosed: Bool = false
    ) {
        self.id = id
        self.parents = parents
        self.startingHashKey = startingHashKey
        self.endingHashKey = endingHashKey
        self.isClosed = isClosed
    }
}
