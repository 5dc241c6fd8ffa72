import JSON

extension JSONValue {
    /// True or false; nil of anything else.
    var bool: Bool? {
        switch kind {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// The elements of a member that is an array; none where it is missing or null, as services leave empty lists out.
    func array(_ name: StaticString) -> [JSONValue] {
        member(name).map { Array($0.elements) } ?? []
    }
}

extension JSONWriter {
    /// A member that is an array of strings.
    mutating func strings(_ name: StaticString, _ texts: some Sequence<String>) {
        array(name) { json in
            for text in texts { json.string(text) }
        }
    }
}
