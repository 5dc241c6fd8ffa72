import JSON
public import Lattice
public import Platform

/// Turns entities into what people read: the projection of each kind, and the canonical line that the digest is taken of.
///
///     let writer = StateWriter()
///     writer.appendLine(key: key, entity: entity, to: &line)
///     // {"id":"1c2d..","kind":"session","registers":{..},"state":{..}}
///
/// Both are pure functions of the key and the registers: no clock, no order of arrival, nothing kept from one entity to the
/// next except memory. `docs/state.md` is the contract. A register whose value is not what `docs/merge.md` promises gives
/// nulls, never an error: a projection has nobody to report to.
///
/// One writer serves one thread and is reused. Cost: each register's value is parsed at most once, and only if the
/// projection looks into it; nothing is allocated once the scratch memory has grown to the largest entity.
public final class StateWriter {
    private let parser = JSONParser()
    private var names = NamedRegisters()
    private var agent = AgentState()
    private var contact = ContactState()
    private var customer = CustomerState()
    private var alias = AliasState()
    private var notes = LeanNotes()
    private var whole = ByteBuffer(capacity: 16)

    public init() {}

    /// Appends the entity's canonical line, without a newline: `{"id":..,"kind":..,"registers":{..},"state":{..}}`, compact,
    /// the keys of every object sorted by their bytes. `key` holds at least the kind's byte; a kind that this program does
    /// not know is written as its number, `"kind":"200"`. Without `registers` it is what people want to know, and nothing that
    /// could be joined.
    public func appendLine(key: EntityKey, entity: EntityView, registers: Bool = true, to out: inout ByteBuffer) {
        out.append("{\"id\":")
        out.appendJSONString(key.id)
        out.append(",\"kind\":\"")
        if let kind = key.kind { out.append(kind.name) } else { out.appendDecimal(Int64(key.bytes[0])) }
        out.append("\"")
        if registers {
            out.append(",\"registers\":")
            entity.appendJSON(to: &out)
        }
        out.append(",\"state\":")
        appendState(key: key, entity: entity, to: &out)
        out.append("}")
    }

    /// Appends what of the entity's line can be joined, without a newline: `{"id":..,"kind":..,"registers":{..}}`.
    public static func appendRegisters(key: EntityKey, entity: EntityView, to out: inout ByteBuffer) {
        out.append("{\"id\":")
        out.appendJSONString(key.id)
        out.append(",\"kind\":\"")
        if let kind = key.kind { out.append(kind.name) } else { out.appendDecimal(Int64(key.bytes[0])) }
        out.append("\",\"registers\":")
        entity.appendJSON(to: &out)
        out.append("}")
    }

    /// Appends the entity's projection, an object; `{}` for a kind that this program does not know.
    public func appendState(key: EntityKey, entity: EntityView, to out: inout ByteBuffer) {
        switch key.kind {
        case .agent:
            agent.read(entity, .whole, names: &names, parser: parser)
            agent.append(to: &out)
        case .contact:
            contact.read(entity, names: &names, parser: parser)
            contact.append(parser: parser, to: &out)
        case .customer: customer.append(entity, names: &names, parser: parser, to: &out)
        case .flow: FlowState.append(id: key.id, entity, names: &names, parser: parser, to: &out)
        case .queue, .session: FieldState.append(entity, names: &names, to: &out)
        case .username: UsernameState.append(entity, to: &out)
        case .volume: VolumeState.append(id: key.id, entity, to: &out)
        case .alias: alias.append(id: key.id, entity, to: &out)
        case nil: out.append("{}")
        }
    }

    /// The same without what is personal in it (``PersonalMembers``). Cost: it is written, parsed and copied.
    public func appendStateWithoutPersonal(key: EntityKey, entity: EntityView, to out: inout ByteBuffer) {
        guard let kind = key.kind else { return out.append("{}") }
        whole.removeAll()
        appendState(key: key, entity: entity, to: &whole)
        // What this program wrote is JSON.
        guard let root = try? parser.parse(whole.bytes).root else { return out.append("{}") }
        PersonalMembers.of(kind).appendRest(of: root, to: &out)
    }

    /// Appends the entity's projection as a row in DynamoDB shows it beside its key, an object: what `docs/reading-state.md` lists, without
    /// what says nothing or stands there twice. Names as in ``appendState(key:entity:to:)`` mean the same.
    public func appendLean(key: EntityKey, entity: EntityView, to out: inout ByteBuffer) {
        notes.begin()
        switch key.kind {
        case .agent:
            agent.read(entity, .lean, names: &names, parser: parser)
            agent.appendLean(to: &out)
        case .contact:
            contact.read(entity, names: &names, parser: parser)
            contact.appendLean(id: key.id, latest: entity.latest, &notes, parser: parser, to: &out)
        case .customer: customer.appendLean(entity, names: &names, &notes, parser: parser, to: &out)
        case .flow: FlowState.appendLean(entity, names: &names, &notes, parser: parser, to: &out)
        case .queue, .session: FieldState.appendLean(entity, names: &names, &notes, to: &out)
        case .username: UsernameState.appendLean(entity, to: &out)
        case .volume: VolumeState.appendLean(id: key.id, entity, to: &out)
        case .alias: alias.appendLean(entity, to: &out)
        case nil: out.append("{}")
        }
    }
}
