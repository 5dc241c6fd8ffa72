import Platform

/// CRC-32C (Castagnoli), by which RocksDB checks what it writes. Eight bytes at a time, by tables.
struct CRC32C {
    private var remainder: UInt32 = ~0

    /// Eight tables of 256: what a byte adds, with 0 to 7 bytes behind it.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
            tables[byte] = value
        }
        for at in 256..<8 * 256 { tables[at] = tables[at - 256] >> 8 ^ tables[Int(tables[at - 256] & 0xFF)] }
        return tables
    }()

    mutating func update(_ bytes: ByteView) {
        var value = remainder
        CRC32C.tables.withUnsafeBufferPointer { tables in
            var at = 0
            while bytes.count - at >= 8 {
                let word = bytes.integer(at: at, as: UInt64.self) ^ UInt64(value)
                value = 0
                for byte in 0..<8 { value ^= tables[(7 - byte) * 256 + Int(word >> UInt64(8 * byte) & 0xFF)] }
                at += 8
            }
            while at < bytes.count {
                value = value >> 8 ^ tables[Int((value ^ UInt32(bytes[at])) & 0xFF)]
                at += 1
            }
        }
        remainder = value
    }

    var value: UInt32 { ~remainder }

    /// As RocksDB stores it, so that no checksum is taken of a checksum (`util/crc32c.h`).
    var masked: UInt32 { (value >> 15 | value << 17) &+ 0xA282_EAD8 }
}
