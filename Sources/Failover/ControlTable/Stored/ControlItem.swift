/// An item of the control table, in whatever keeps it. Every write touches one item, so that a condition on it is all that is needed: a DynamoDB table with
/// multi-Region strong consistency has no transactions.
struct ControlItem: Equatable, Sendable {
    /// Items that are read together.
    enum Shelf: String, CaseIterable, Sendable {
        /// An intent a term; its note is the mark of whoever carries it out.
        case terms
        /// What is so now: verdicts and words. The note of a proposal is its approval.
        case now
        /// Lines that are appended.
        case history
    }

    struct Key: Hashable, Sendable {
        var shelf: Shelf
        /// Names of terms and of lines of the history sort as they follow each other.
        var name: String
    }

    var key: Key
    /// Whose writing it is, and which: what conditions compare.
    var token: String
    /// A term; 0 where it has none.
    var number: Int64 = 0
    /// Of a plan: whether it runs.
    var isOpen = false
    /// JSON.
    var value: String
    /// What was added to it later.
    var note: Note?

    struct Note: Equatable, Sendable {
        var token: String
        /// JSON.
        var value: String
    }

    /// Bytes of ``value`` and of a note at most: with what is around them an item stays below 100 KB. What is longer is refused. An intent of a hundred groups
    /// with all its sentences is half of it.
    static let valueBytesMax = 64 << 10
}

/// On which condition an item is written.
enum ControlCondition: Equatable, Sendable {
    case always
    /// There is no such item.
    case absent
    /// There is one, with this token.
    case token(String)
    /// There is none, or one that is not open.
    case notOpen
    /// There is none, or one with a smaller number.
    case below(Int64)
    /// There is one, without a note.
    case noNote
    /// There is one, whose note has this token.
    case note(String)

    /// Whether it holds of what is there.
    func holds(of item: ControlItem?) -> Bool {
        switch self {
        case .always: true
        case .absent: item == nil
        case .token(let token): item?.token == token
        case .notOpen: item?.isOpen != true
        case .below(let number): item.map { $0.number < number } ?? true
        case .noNote: item.map { $0.note == nil } ?? false
        case .note(let token): item?.note?.token == token
        }
    }
}

/// A change of one item.
enum ControlWrite: Equatable, Sendable {
    /// The item whole, over whatever is there.
    case put(ControlItem, on: ControlCondition)
    /// A note on an item that is there.
    case note(ControlItem.Note, of: ControlItem.Key, on: ControlCondition)
    case delete(ControlItem.Key, on: ControlCondition)

    var key: ControlItem.Key {
        switch self {
        case .put(let item, _): item.key
        case .note(_, let key, _), .delete(let key, _): key
        }
    }

    var condition: ControlCondition {
        switch self {
        case .put(_, let condition), .note(_, _, let condition), .delete(_, let condition): condition
        }
    }

    /// Whether what is there is what this write would have written: it was done before, and its answer was not heard.
    func isDone(by item: ControlItem?) -> Bool {
        switch self {
        case .put(let mine, _): item.map { $0.token == mine.token && $0.number == mine.number } ?? false
        case .note(let mine, _, _): item?.note?.token == mine.token
        case .delete: item == nil
        }
    }

    /// What is there once it is done.
    func applied(to item: ControlItem?) -> ControlItem? {
        switch self {
        case .put(let mine, _): return mine
        case .note(let note, _, _):
            var item = item
            item?.note = note
            return item
        case .delete: return nil
        }
    }

    /// Bytes of the longest value.
    var byteCount: Int {
        switch self {
        case .put(let item, _): max(item.value.utf8.count, item.note?.value.utf8.count ?? 0)
        case .note(let note, _, _): note.value.utf8.count
        case .delete: 0
        }
    }
}
