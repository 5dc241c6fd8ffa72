/// What a row's item tells people and functions, beside the registers that are Converge's own. `docs/reading-state.md` shows each.
public enum ReadableAttribute: String, CaseIterable, Sendable {
    /// What `converge show` shows of the row, lean.
    case state
    /// Every register with its stamp: what can be joined, and several times as large as the registers.
    case stamps
    /// Nothing: rows are read by Converge alone.
    case none

    /// The attribute's name in the item.
    var name: StaticString? {
        switch self {
        case .state: "state"
        case .stamps: "values"
        case .none: nil
        }
    }
}
