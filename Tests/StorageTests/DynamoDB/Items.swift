import AWS
import CZlib
import JSON
import Platform
import Testing

@testable import Storage

/// An item of a state table as the service answers it.
struct Item {
    var pk = #"contact#c-1"#
    var sk = "us-east-1"
    var rev = "00000000000000ff.12"
    var registers: [UInt8] = []
    var parts: String?

    /// With an entity's encoding as it is.
    init(_ entity: [UInt8]) { registers = [RegistersFormat.plain.rawValue] + entity }

    /// With an entity's encoding compressed.
    init(compressing entity: [UInt8]) {
        registers = [RegistersFormat.zlib.rawValue]
        var length = compressBound(uLong(entity.count))
        registers += [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
            compress(buffer.baseAddress, &length, entity, uLong(entity.count))
            count = Int(length)
        }
    }

    /// With an entity's encoding compressed with a dictionary.
    init(_ entity: [UInt8], with dictionary: RowDictionary) {
        var buffer = ByteBuffer()
        key("c-1").withUnsafeBytes { key in
            entity.withUnsafeBytes { RegistersCoding(dictionary).append($0, key: key, to: &buffer) }
        }
        registers = buffer.array
    }

    var json: String {
        var blob = ByteBuffer()
        registers.withUnsafeBytes { blob.appendBase64($0) }
        var key = ByteBuffer()
        key.appendJSONString(pk)
        return
            #"{"pk":{"S":\#(key.bytes.text)},"sk":{"S":"\#(sk)"},"rev":{"S":"\#(rev)"},"registers":{"B":"\#(blob.bytes.text)"}"#
            + (parts.map { #","parts":{"N":"\#($0)"}"# } ?? "") + "}"
    }
}

/// What is read of an item: the row, its key and its entity.
struct ReadRow {
    let row: DynamoDBRow
    let key: [UInt8]
    let entity: [UInt8]

    /// Nil of a row that is no entity.
    init?(_ json: String, _ dictionaries: RowDictionaries = RowDictionaries()) throws {
        var text = json
        let parser = JSONParser()
        let registers = RegistersReader(dictionaries)
        var buffer = ByteBuffer()
        buffer.append("what was there")
        let read = try text.withUTF8 { bytes in
            try withExtendedLifetime(parser) {
                try DynamoDBRow.read(
                    ItemView(parser.parse(ByteView(bytes)).root), of: "converge-contact", with: registers, into: &buffer)
            }
        }
        #expect(buffer.bytes.text.hasPrefix("what was there"))
        guard let read else {
            #expect(buffer.count == 14)
            return nil
        }
        row = read
        key = Array(read.key(in: buffer.bytes))
        entity = Array(read.entity(in: buffer.bytes))
        #expect(14 + key.count + entity.count == buffer.count)
    }
}
