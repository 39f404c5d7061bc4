// liblzma, and the one thing that Swift cannot see of it: the initial value of its streams is a macro.
#pragma once
#include <lzma.h>

static inline lzma_stream mv_lzma_stream(void) {
    lzma_stream stream = LZMA_STREAM_INIT;
    return stream;
}
