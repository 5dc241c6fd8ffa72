/// The buckets of a histogram, as a scrape tells them, over all its labels.
public struct BucketCounts: Sendable {
    /// Ascending by bound; the counts are cumulative, the last bound is infinite.
    private var buckets: [(bound: Double, count: Double)]

    /// Nil where the scrape has no histogram of that name.
    init?(_ name: String, in text: PrometheusText) {
        var counts: [Double: Double] = [:]
        for sample in text[name + "_bucket"] {
            guard let bound = sample.labels["le"].flatMap({ $0 == "+Inf" ? .infinity : Double($0) }) else { continue }
            counts[bound, default: 0] += sample.value
        }
        guard counts[.infinity] != nil else { return nil }
        buckets = counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// What came since an earlier scrape of the same process.
    public func since(_ earlier: BucketCounts) -> BucketCounts {
        var since = self
        for (index, bucket) in earlier.buckets.enumerated()
        where index < buckets.count && bucket.bound == buckets[index].bound {
            since.buckets[index].count = max(0, buckets[index].count - bucket.count)
        }
        return since
    }

    /// As Prometheus's `histogram_quantile` has it: values are spread evenly within their bucket, the first of which begins at
    /// zero. Above the last finite bound it is that bound. Nil where nothing was counted.
    public func quantile(_ share: Double) -> Double? {
        guard let total = buckets.last?.count, total > 0 else { return nil }
        let rank = share * total
        var below: (bound: Double, count: Double) = (0, 0)
        for bucket in buckets {
            guard bucket.count < rank else {
                guard bucket.bound.isFinite, bucket.count > below.count else { return below.bound }
                return below.bound + (bucket.bound - below.bound) * (rank - below.count) / (bucket.count - below.count)
            }
            below = bucket
        }
        return below.bound
    }
}
