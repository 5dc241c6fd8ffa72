#pragma once
#include <zlib.h>

// zlib.h spells this as a macro, which Swift cannot import. 15 + 32: zlib or gzip, told apart by the header.
static inline int converge_inflate_init(z_stream *stream) { return inflateInit2(stream, 15 + 32); }
