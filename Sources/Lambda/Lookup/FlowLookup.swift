import ContactCenter
import JSON
import Lattice
import Platform

/// Which entities a flow's question takes, round by round: who it is, and then that one's ``CustomerContext``. A value, without I/O.
///
///     var lookup = FlowLookup(.alias("phone/5f0c.."), asking: contact)
///     while case let reads = lookup.nextReads(), !reads.isEmpty { for read in reads { .. lookup.take(key, entity) } }
///     if let context = lookup.context { .. }
///
/// At most ``roundsMax`` rounds; the reads of one do not depend on each other.
struct FlowLookup {
    /// An alias, or a contact and its flow; then those of a context.
    static let roundsMax = 1 + CustomerContext.roundsMax

    /// Of whom.
    enum Start: Equatable {
        case customer(String)
        case contact(String)
        /// By the alias's id.
        case alias(String)
    }

    private let start: Start
    /// The contact that asks.
    private let asking: String
    private var isBegun = false
    private var begun: [(read: ContextRead, entity: [UInt8])] = []
    private var found: CustomerContext?

    init(_ start: Start, asking: String) {
        (self.start, self.asking) = (start, asking)
        if case .customer(let id) = start { found = CustomerContext(of: id, contact: asking) }
    }

    /// What was found, once there is nothing more to read; nil where nobody was.
    var context: CustomerContext? { found.flatMap { $0.isFound ? $0 : nil } }

    /// What is to be read next; empty at the end. Whatever is not taken until the next call is not there.
    mutating func nextReads() -> [ContextRead] {
        if found == nil {
            guard isBegun else {
                isBegun = true
                switch start {
                case .alias(let id): return [ContextRead(.alias, id)]
                case .contact(let id): return [ContextRead(.contact, id)]
                case .customer: return []
                }
            }
            guard let first = begin() else { return [] }
            found = first
            guard case let reads = found?.nextReads() ?? [], reads != begun.map(\.read) else { return goOn() }
            return reads
        }
        return found?.nextReads() ?? []
    }

    /// The first round is what was read to begin with.
    private mutating func goOn() -> [ContextRead] {
        for (read, entity) in begun { FlowLookup.take(read, entity, by: &found) }
        return found?.nextReads() ?? []
    }

    private static func take(_ read: ContextRead, _ entity: [UInt8], by context: inout CustomerContext?) {
        let key = [read.kind.rawValue] + Array(read.id.utf8)
        key.withUnsafeBytes { key in entity.withUnsafeBytes { context?.take(EntityKey(key), EntityView($0)) } }
    }

    /// The customer whom the alias or the contact names; else what those tell themselves. Nil where they are not there.
    private func begin() -> CustomerContext? {
        guard let (read, entity) = begun.first else { return nil }
        switch start {
        case .customer: return nil
        case .alias(let id):
            let customer = FlowLookup.look(read, entity) { state in
                state.member("customers")?.elements.first { _ in true }?.text
            }
            return customer.map { CustomerContext(of: $0, contact: asking) } ?? CustomerContext(ofAlias: id, contact: asking)
        case .contact(let id):
            let customer = FlowLookup.look(read, entity) { $0.text("customerId") }
            return customer.map { CustomerContext(of: $0, contact: asking) } ?? CustomerContext(ofContact: id)
        }
    }

    private static func look(_ read: ContextRead, _ entity: [UInt8], _ body: (JSONValue) -> String?) -> String? {
        var text = ByteBuffer(capacity: 1024)
        let key = [read.kind.rawValue] + Array(read.id.utf8)
        key.withUnsafeBytes { key in
            entity.withUnsafeBytes { StateWriter().appendState(key: EntityKey(key), entity: EntityView($0), to: &text) }
        }
        let parser = JSONParser()
        guard let root = try? parser.parse(text.bytes).root else { return nil }
        return body(root).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Takes in an entity, or one of the rows that it is the join of.
    mutating func take(_ key: EntityKey, _ entity: EntityView) {
        if found != nil {
            found?.take(key, entity)
        } else if let kind = key.kind {
            let read = ContextRead(kind, key.id.text)
            guard let at = begun.firstIndex(where: { $0.read == read }) else {
                begun.append((read, Array(entity.bytes)))
                return
            }
            var joined = ByteBuffer()
            let isChanged = begun[at].entity.withUnsafeBytes { Join.join(EntityView($0), entity, into: &joined).changed }
            if isChanged { begun[at].entity = joined.array }
        }
    }
}
