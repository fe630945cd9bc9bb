/* SPDX-License-Identifier: MIT */
#include "otlp/gzip_internal.h"

#include <zlib.h>

#include <msvc/buffer.h>
#include <msvc/status.h>

#define GZIP_WINDOW_BITS (15 + 16) /* 16: with gzip's header instead of zlib's */
#define MEMORY_LEVEL     8

static int compress_all(struct msvc_buffer *out, z_stream *stream, const void *bytes, size_t length)
{
    union {
        const void *given;
        Bytef *data;
    } input = { bytes };
    size_t bound = deflateBound(stream, (uLong)length);
    char *place = msvc_buffer_reserve(out, bound);

    if (place == NULL)
        return msvc_buffer_status(out);
    stream->next_in = input.data;
    stream->avail_in = (uInt)length;
    stream->next_out = (Bytef *)place;
    stream->avail_out = (uInt)bound;
    if (deflate(stream, Z_FINISH) != Z_STREAM_END)
        return MSVC_ERR_INTERNAL;
    msvc_buffer_added(out, stream->total_out);
    return 0;
}

int msvc__otlp_gzip(struct msvc_buffer *out, const void *bytes, size_t length)
{
    z_stream stream = { 0 };
    int status;

    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return MSVC_ERR_NOMEM;
    status = compress_all(out, &stream, bytes, length);
    (void)deflateEnd(&stream);
    return status;
}
