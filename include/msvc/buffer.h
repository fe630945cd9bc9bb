/* SPDX-License-Identifier: MIT */
/**
 * @file buffer.h
 *
 * Bytes that grow. A failed append leaves the buffer failed: later appends do
 * nothing, and one look at msvc_buffer_status() at the end tells.
 *
 *     struct msvc_buffer b = MSVC_BUFFER_INIT;
 *
 *     msvc_buffer_text(&b, "hello ");
 *     msvc_buffer_printf(&b, "%d", 42);
 *     if (msvc_buffer_status(&b) == 0)
 *         use(b.data, b.length);
 *     msvc_buffer_clear(&b);
 */
#ifndef MSVC_BUFFER_H
#define MSVC_BUFFER_H

#include <stdarg.h>

#include <msvc/base.h>

MSVC_BEGIN_DECLS

/** Read data and length; the rest through the functions. Threading: one thread at a time. */
struct msvc_buffer {
    char *data;      /**< Always followed by a NUL that length does not count; NULL while empty. */
    size_t length;   /**< Bytes. */
    size_t capacity; /**< Private. */
    size_t limit;    /**< Most bytes it may hold; 0: 1 GiB. */
    int status;      /**< Private. */
};

#define MSVC_BUFFER_INIT \
    {                    \
        NULL, 0, 0, 0, 0 \
    }

/** Append bytes. */
MSVC_API void msvc_buffer_bytes(struct msvc_buffer *buffer, const void *data, size_t length);

/** Append a string without its NUL. */
MSVC_API void msvc_buffer_text(struct msvc_buffer *buffer, const char *text);

/** Append one byte. */
MSVC_API void msvc_buffer_byte(struct msvc_buffer *buffer, char byte);

/** Append as printf() writes. */
MSVC_API void msvc_buffer_printf(struct msvc_buffer *buffer, const char *format, ...)
    MSVC_PRINTF(2, 3);

/** Append as vprintf() writes. */
MSVC_API void msvc_buffer_vprintf(struct msvc_buffer *buffer, const char *format, va_list arguments)
    MSVC_PRINTF(2, 0);

/** Make room for @p length more bytes and return where they go, NULL when that fails. */
MSVC_API char *msvc_buffer_reserve(struct msvc_buffer *buffer, size_t length);

/** Count @p length bytes that were written where msvc_buffer_reserve() said. */
MSVC_API void msvc_buffer_added(struct msvc_buffer *buffer, size_t length);

/** Cut to @p length bytes; nothing when it is shorter. A failed buffer stays failed. */
MSVC_API void msvc_buffer_truncate(struct msvc_buffer *buffer, size_t length);

/** Drop the first @p length bytes, or all when there are fewer. */
MSVC_API void msvc_buffer_consume(struct msvc_buffer *buffer, size_t length);

/** @return 0, #MSVC_ERR_NOMEM, #MSVC_ERR_LIMIT when an append would have passed the limit, or
 * #MSVC_ERR_INVALID when printf() refused its format. */
MSVC_API int msvc_buffer_status(const struct msvc_buffer *buffer);

/** Give the bytes away, NUL-terminated; the buffer is empty again. Owned by the caller, free() it.
 * NULL when failed or out of memory. */
MSVC_API char *msvc_buffer_steal(struct msvc_buffer *buffer);

/** Free the bytes; the buffer is empty and usable, its limit kept. */
MSVC_API void msvc_buffer_clear(struct msvc_buffer *buffer);

MSVC_END_DECLS

#endif
