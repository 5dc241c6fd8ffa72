/// What happened, in words, for who has to understand a seed. Costs nothing when nobody listens.
final class Trace {
    enum Actor {
        case world
        case worker(Int)
        /// Of failover, by name: `us-west-2/3f9c`.
        case controller(String)
        case person
    }

    private let agenda: Agenda
    private let start: Int64
    private let listener: ((String) -> Void)?

    init(agenda: Agenda, listener: ((String) -> Void)?) {
        self.agenda = agenda
        self.listener = listener
        start = agenda.now
    }

    @inline(__always)
    func callAsFunction(_ actor: Actor, _ what: @autoclosure () -> String) {
        guard let listener else { return }
        let elapsed = agenda.now - start
        let name =
            switch actor {
            case .world: "world"
            case .worker(let id): "worker \(id)"
            case .controller(let name): "controller \(name)"
            case .person: "person"
            }
        let fraction = String(1000 + elapsed % 1000).dropFirst()
        listener("\(elapsed / 1000).\(fraction) s  \(name) \(what())")
    }
}
