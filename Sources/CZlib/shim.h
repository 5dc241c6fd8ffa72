#pragma once
#include <zlib.h>

// zlib.h spells this as a macro, which Swift cannot import. 15 + 32: zlib or gzip, told apart by the header.
static inline int converge_inflate_init(z_stream *stream) { return inflateInit2(stream, 15 + 32); }
// For gzip, as small as it gets.
static inline int converge_gzip_init(z_stream *stream) {
    return deflateInit2(stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
}
