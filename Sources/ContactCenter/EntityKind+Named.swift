import Platform

extension EntityKind {
    /// The kind of a name that a person gave. The error tells the nearest name and all that there are.
    public init(told name: String) throws(UsageError) {
        if let kind = EntityKind(name: name) {
            self = kind
            return
        }
        let names = EntityKind.allCases.map { "\($0)" }
        let near = nearest(to: name, among: names).map { "; did you mean '\($0)'?" } ?? "."
        throw UsageError("unknown kind '\(name)'\(near) Accepted: \(names.joined(separator: ", "))")
    }
}
