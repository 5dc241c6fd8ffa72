import JSON
public import Lattice
public import Platform

/// Reads the lines of a state file (`docs/state.md`) back into entities: the registers are authoritative, the projection is
/// not looked at.
///
/// One reader serves one thread and is reused.
public final class StateLineReader {
    private let parser = JSONParser()
    private var key = ByteBuffer()
    private var entity = ByteBuffer(capacity: 1 << 14)
    private var text = ByteBuffer()
    private var id = ByteBuffer()
    private var region = ByteBuffer()
    private var value = ByteBuffer()

    public init() {}

    /// Calls `body` with the key and entity of a line.
    public func read<Result>(
        _ line: ByteView, _ body: (_ key: ByteView, _ entity: EntityView) -> Result
    ) throws(StateLineError) -> Result {
        let root: JSONValue
        do {
            root = try parser.parse(line).root
        } catch {
            throw StateLineError("\(error)")
        }
        let (key, entity) = try read(root)
        return body(key, entity)
    }

    /// The key and entity of a line that is parsed.
    func read(_ root: JSONValue) throws(StateLineError) -> (key: ByteView, entity: EntityView) {
        guard let kindName = root.member("kind"), kindName.isString,
            let kind = EntityKind(name: kindName.rawString.text)
        else { throw StateLineError("no known \"kind\"") }
        guard let idText = root.member("id"), idText.isString else { throw StateLineError("no \"id\"") }
        guard let registers = root.member("registers"), registers.isObject else { throw StateLineError("no \"registers\"") }
        key.removeAll()
        key.append(kind.rawValue)
        idText.appendUnescaped(to: &key)
        guard key.count <= EntityKind.idLengthMax + 1 else { throw StateLineError("an id longer than 1,024 bytes") }

        entity.removeAll()
        var writer = EntityWriter(&entity)
        for (path, register) in registers.members { try write(path, register, &writer) }
        writer.finish(&entity)
        do {
            try EntityView.validate(entity.bytes)
        } catch {
            throw StateLineError("\(error)")
        }
        return (key.bytes, EntityView(entity.bytes))
    }

    private func write(_ path: ByteView, _ register: JSONValue, _ writer: inout EntityWriter) throws(StateLineError) {
        text.removeAll()
        JSONValue.appendUnescaped(name: path, to: &text)
        guard text.count <= Int(UInt16.max) else { throw StateLineError("a path longer than 65,535 bytes") }
        let rule = try rule(of: register)
        if rule == .union {
            guard let members = register.member("members"), let capacity = integer(register.member("capacity")),
                capacity > 0, capacity <= Int64(UInt32.max)
            else { throw StateLineError("a union without capacity or members") }
            for member in members.elements {
                guard let value = member.member("value") else { throw StateLineError("a union member without a value") }
                let stamp = try stamp(of: member)
                self.value.removeAll()
                value.appendCanonical(to: &self.value)
                writer.unionMember(
                    &entity, encodedPath: text.bytes, capacity: Int(capacity), stamp: stamp, value: self.value.bytes)
            }
            return
        }
        let stamp = try stamp(of: register)
        if rule == .sketch {
            guard let text = register.member("buckets"), text.isString, let buckets = SketchView.buckets(text: text.rawString)
            else {
                throw StateLineError("a sketch without its buckets")
            }
            return writer.sketch(&entity, encodedPath: self.text.bytes, stamp: stamp, buckets: buckets)
        }
        let isTombstone = register.member("tombstone")?.kind == .true
        guard let value = register.member("value") else { throw StateLineError("a register without a value") }
        writer.beginRegister(&entity, encodedPath: text.bytes, rule: rule, stamp: stamp, tombstone: isTombstone)
        if rule != .lastWriterWins {
            guard let measure = integer(register.member("measure")) else {
                throw StateLineError("a min or max register without its measure")
            }
            entity.appendInteger(measure)
        }
        if !isTombstone { value.appendCanonical(to: &entity) }
        writer.endRegister(&entity)
    }

    private func rule(of register: JSONValue) throws(StateLineError) -> Rule {
        guard let name = register.member("rule") else { return .lastWriterWins }
        switch name.rawString.text {
        case "max": return .max
        case "min": return .min
        case "union": return .union
        case "sketch": return .sketch
        default: throw StateLineError("an unknown rule")
        }
    }

    private func stamp(of json: JSONValue) throws(StateLineError) -> Stamp {
        guard let timeText = json.member("time"), timeText.isString, let time = Timestamp(timeText.rawString),
            let rank = integer(json.member("rank")), rank >= 0, rank <= 255,
            let regionText = json.member("region"), regionText.isString,
            let event = json.member("event"), event.isString
        else { throw StateLineError("a register with an incomplete stamp") }
        region.removeAll()
        regionText.appendUnescaped(to: &region)
        guard region.count <= 255 else { throw StateLineError("a Region longer than 255 bytes") }
        var unescaped = ByteBuffer()
        event.appendUnescaped(to: &unescaped)
        id.removeAll()
        let form = EventID.pack(unescaped.bytes, into: &id)
        return Stamp(time: time, rank: UInt8(rank), region: region.bytes, id: EventID(form: form, bytes: id.bytes))
    }

    private func integer(_ value: JSONValue?) -> Int64? {
        guard let value, value.kind == .number else { return nil }
        return Int64(value.bytes.text)
    }
}

/// Why a line is not one of a state file.
public struct StateLineError: Error, CustomStringConvertible {
    public var description: String
    init(_ description: String) { self.description = description }
}
