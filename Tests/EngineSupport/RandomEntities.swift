import Lattice
import Platform
import TestSupport

extension Dice {
    /// An entity of up to `registersMax` registers from a small world, so that most collide: last-writer-wins, max and union.
    mutating func entity(registersMax: Int = 4, valueBytesMax: Int = 40) -> [UInt8] {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        for _ in 0..<(1 + below(registersMax)) {
            let stamp = Stamp(time: Timestamp(milliseconds: Int64(below(50))), rank: UInt8(below(3)))
            let letter = UInt8(ascii: "a") + UInt8(below(4))
            let value = [UInt8(ascii: "\"")] + [UInt8](repeating: letter, count: below(valueBytesMax)) + [UInt8(ascii: "\"")]
            value.withUnsafeBytes { value in
                switch below(4) {
                case 0: writer.lastWriterWins(&buffer, "a", stamp: stamp, value: value)
                case 1: writer.lastWriterWins(&buffer, "b", stamp: stamp, value: value)
                case 2: writer.extremum(&buffer, "c", rule: .max, measure: Int64(below(9)), stamp: stamp, value: value)
                default: writer.unionMember(&buffer, "d", capacity: 3, stamp: stamp, value: value)
                }
            }
        }
        writer.finish(&buffer)
        return buffer.array
    }

    /// The key of one of `count` contacts.
    mutating func key(among count: Int) -> [UInt8] { contactKey(below(count)) }
}

/// Keys of several lengths, one of them empty but for its kind.
func contactKey(_ number: Int) -> [UInt8] {
    [2] + (number == 0 ? [] : Array(String(repeating: "x", count: number % 40).utf8) + Array("\(number)".utf8))
}

/// An entity with one register that holds a string of `size` bytes, told at `time`.
func bigEntity(_ size: Int, at time: Int) -> [UInt8] {
    var buffer = ByteBuffer()
    var writer = EntityWriter(&buffer)
    let value = [UInt8(ascii: "\"")] + [UInt8](repeating: UInt8(ascii: "v"), count: size) + [UInt8(ascii: "\"")]
    value.withUnsafeBytes {
        writer.lastWriterWins(&buffer, "big", stamp: Stamp(time: Timestamp(milliseconds: Int64(time))), value: $0)
    }
    writer.finish(&buffer)
    return buffer.array
}
