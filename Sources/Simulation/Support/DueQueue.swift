/// A binary min-heap of things that fall due, ordered by time and then by when they were put in.
///
/// Push and pop cost O(log n); the memory is that of the greatest number of elements held at once.
struct DueQueue<Payload> {
    struct Element {
        var time: Int64
        var order: UInt64
        var payload: Payload

        @inline(__always)
        func precedes(_ other: Element) -> Bool {
            time < other.time || (time == other.time && order < other.order)
        }
    }

    private var elements: [Element] = []
    private var pushed: UInt64 = 0

    /// The time of the first element to fall due.
    @inline(__always)
    var firstTime: Int64? { elements.first?.time }

    mutating func push(_ payload: Payload, at time: Int64) {
        let element = Element(time: time, order: pushed, payload: payload)
        pushed += 1
        var hole = elements.count
        elements.append(element)
        while hole > 0 {
            let parent = (hole - 1) / 2
            guard element.precedes(elements[parent]) else { break }
            elements[hole] = elements[parent]
            hole = parent
        }
        elements[hole] = element
    }

    mutating func pop() -> (time: Int64, payload: Payload)? {
        guard let first = elements.first, let last = elements.popLast() else { return nil }
        if !elements.isEmpty { sink(last) }
        return (first.time, first.payload)
    }

    /// Puts an element into the hole at the root.
    private mutating func sink(_ element: Element) {
        let count = elements.count
        var hole = 0
        while true {
            var child = 2 * hole + 1
            guard child < count else { break }
            if child + 1 < count, elements[child + 1].precedes(elements[child]) { child += 1 }
            guard elements[child].precedes(element) else { break }
            elements[hole] = elements[child]
            hole = child
        }
        elements[hole] = element
    }
}

extension DueQueue: Sendable where Payload: Sendable {}
extension DueQueue.Element: Sendable where Payload: Sendable {}
