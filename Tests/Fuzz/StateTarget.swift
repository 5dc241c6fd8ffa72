import ContactCenter
import JSON
import Lattice
import Platform

/// Arbitrary bytes as a line of a state file: what is taken for an entity is sound, and written and read again stays the same.
final class StateTarget: FuzzTarget {
    private let reader = StateLineReader()
    private let writer = StateWriter()
    private let parser = JSONParser()

    func run(_ input: ByteView) {
        guard let (key, entity) = read(input) else { return }
        require(entity.withUnsafeBytes { isEntity($0) }, "a line that is no entity")
        var line = ByteBuffer()
        key.withUnsafeBytes { key in
            entity.withUnsafeBytes { writer.appendLine(key: EntityKey(key), entity: EntityView($0), to: &line) }
        }
        guard let again = read(line.bytes) else { stop("a line that is not read back: \(line.bytes.text)") }
        require(again.key == key && again.entity == entity, "a line that is read back as something else: \(line.bytes.text)")
        do {
            var canonical = ByteBuffer()
            try parser.parse(line.bytes).root.appendCanonical(to: &canonical)
            require(canonical.bytes.equals(line.bytes), "a line that is not canonical: \(line.bytes.text)")
        } catch {
            stop("a line that is not JSON (\(error)): \(line.bytes.text)")
        }
    }

    private func read(_ line: ByteView) -> (key: [UInt8], entity: [UInt8])? {
        try? reader.read(line) { ([UInt8]($0), [UInt8]($1.bytes)) }
    }

    private func isEntity(_ bytes: ByteView) -> Bool {
        (try? EntityView.validate(bytes)) != nil
    }
}
