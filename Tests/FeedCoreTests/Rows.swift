import ContactCenter
import Lattice
import Platform

/// A register of a made-up row: path, time and value; nil: a tombstone.
struct Told {
    var path: StaticString
    var time: Int64
    var value: String?

    init(_ path: StaticString, _ time: Int64, _ value: String?) {
        self.path = path
        self.time = time
        self.value = value
    }
}

func row(_ registers: Told...) -> [UInt8] {
    var buffer = ByteBuffer()
    var writer = EntityWriter(&buffer)
    for register in registers {
        let stamp = Stamp(time: Timestamp(milliseconds: register.time))
        guard let value = register.value else {
            writer.tombstone(&buffer, register.path, stamp: stamp)
            continue
        }
        Array(value.utf8).withUnsafeBytes {
            writer.lastWriterWins(&buffer, register.path, stamp: stamp, value: $0)
        }
    }
    writer.finish(&buffer)
    return buffer.array
}

func key(_ kind: EntityKind, _ id: String) -> [UInt8] { [kind.rawValue] + Array(id.utf8) }
