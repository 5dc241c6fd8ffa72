import Platform

extension EntityView {
    /// The entity in several that joined are the whole, each of at most so many bytes, or of a single register that is larger.
    /// Cost: a copy of it.
    public func parts(of bytesMax: Int) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var buffer = ByteBuffer(capacity: Swift.min(bytes.count, bytesMax))
        var writer = EntityWriter(&buffer)
        for register in self {
            if !writer.isEmpty, buffer.count + register.bytes.count > bytesMax {
                writer.finish(&buffer)
                parts.append(buffer.array)
                buffer.removeAll()
                writer = EntityWriter(&buffer)
            }
            writer.copy(&buffer, register)
        }
        writer.finish(&buffer)
        parts.append(buffer.array)
        return parts
    }
}
