// zlib, and the one thing that Swift cannot see of it: its initializers are macros.
#pragma once
#include <zlib.h>

static inline int mv_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }
static inline int mv_deflate_init(z_stream *stream, int level, int window_bits) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}
