import CZstd
import ContactCenter
import JSON
import Platform

/// How the attribute `registers` says what follows its first byte. All are read for ever.
package enum RegistersFormat: UInt8, Sendable {
    /// The entity's encoding as it is.
    case plain = 1
    /// Compressed by zlib.
    case zlib = 2
    /// The first eight bytes of a dictionary's SHA-256, then the packed entity (``PackedEntity``): its content as one frame of zstd that was compressed with
    /// the dictionary, without the frame's magic number, and its tail. An entity that cannot be packed is the content as it is.
    case zstd = 3

    package static let newest = RegistersFormat.zstd
}

/// Writes the attribute `registers` of rows. Keeps its memory; not thread-safe.
///
/// Without a dictionary it writes the old format, byte for byte as programs without dictionaries do: 1, and 2 where an entity takes several rows.
package final class RegistersCoding {
    /// What a frame of zstd begins with, and rows do without.
    static let magic = 0xFD2F_B528 as UInt32
    /// What zstd searches with is measured in `docs/decisions/0077-packed-entities.md`. The row names the dictionary, and DynamoDB keeps bytes as they
    /// are; a frame without its size would not be bounded.
    private static let parameters: [(ZSTD_cParameter, Int32)] = [
        (ZSTD_c_contentSizeFlag, 1), (ZSTD_c_checksumFlag, 0), (ZSTD_c_dictIDFlag, 0),
        (ZSTD_c_strategy, Int32(ZSTD_greedy.rawValue)), (ZSTD_c_windowLog, 17), (ZSTD_c_hashLog, 16), (ZSTD_c_chainLog, 16),
        (ZSTD_c_searchLog, 3), (ZSTD_c_minMatch, 5), (ZSTD_c_targetLength, 4),
    ]
    /// Of what it calls experimental: its row-based search, and that it is switched off. It takes longer for so few bytes.
    private static let rowSearch = (ZSTD_c_experimentalParam14, off: Int32(2))

    /// What is written with; nil: the old format.
    package var dictionary: RowDictionary? {
        didSet { if dictionary !== oldValue { prepared = nil } }
    }
    /// Bytes of the encodings so far, and of what was written of them.
    private(set) var entityBytes = 0
    private(set) var registersBytes = 0
    private var packer = EntityPacker()
    private var context: OpaquePointer?
    /// The dictionary that the context was made ready for.
    private var prepared: RowDictionary?

    package init(_ dictionary: RowDictionary? = nil) { self.dictionary = dictionary }

    deinit { ZSTD_freeCCtx(context) }

    /// Appends the encoding of the entity of a key, or of a part of one that takes several rows.
    package func append(_ entity: ByteView, key: ByteView, isPart: Bool = false, to buffer: inout ByteBuffer) {
        let start = buffer.count
        defer {
            entityBytes += entity.count
            registersBytes += buffer.count - start
        }
        if let dictionary, append(entity, key: key, with: dictionary, to: &buffer) { return }
        if isPart {
            buffer.append(RegistersFormat.zlib.rawValue)
            Zlib.deflate(entity, into: &buffer)
        } else {
            buffer.append(RegistersFormat.plain.rawValue)
            buffer.append(entity)
        }
    }

    /// False, and nothing appended, where there is no memory for it.
    private func append(_ entity: ByteView, key: ByteView, with dictionary: RowDictionary, to buffer: inout ByteBuffer) -> Bool
    {
        guard let context = context(for: dictionary) else { return false }
        let isPacked = packer.pack(entity, key: key)
        let content = isPacked ? packer.content.bytes : entity
        let start = buffer.count
        buffer.append(RegistersFormat.zstd.rawValue)
        // The magic number lies where the name's last bytes come.
        let frame = start + 1 + RowDictionaryName.byteCount - MemoryLayout.size(ofValue: RegistersCoding.magic)
        _ = buffer.extend(by: frame - buffer.count)
        let room = ZSTD_compressBound(content.count)
        let size = ZSTD_compress2(context, buffer.extend(by: room), room, content.baseAddress, content.count)
        guard ZSTD_isError(size) == 0 else {
            buffer.truncate(to: start)
            return false
        }
        buffer.truncate(to: frame + size)
        dictionary.name.store(in: &buffer, at: start + 1)
        if isPacked { buffer.append(packer.tail.bytes) }
        return true
    }

    private func context(for dictionary: RowDictionary) -> OpaquePointer? {
        if prepared === dictionary { return context }
        if context == nil { context = ZSTD_createCCtx() }
        guard let context else { return nil }
        for (parameter, value) in RegistersCoding.parameters {
            guard ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value)) == 0 else { return nil }
        }
        // A version that does not know it has no such search.
        _ = ZSTD_CCtx_setParameter(context, RegistersCoding.rowSearch.0, RegistersCoding.rowSearch.off)
        guard ZSTD_isError(ZSTD_CCtx_loadDictionary(context, dictionary.bytes, dictionary.bytes.count)) == 0 else { return nil }
        prepared = dictionary
        return context
    }
}
