/* SPDX-License-Identifier: MIT */
#include <msvc/buffer.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"

#define SLACK          64 /* bytes that may stay unused */
#define FIRST_CAPACITY 64
#define DEFAULT_LIMIT  ((size_t)1 << 30)
#define MOST_LIMIT     (SIZE_MAX / 4) /* doubling a capacity below it cannot overflow */

static size_t limit_of(const struct msvc_buffer *b)
{
    size_t limit = b->limit > 0 ? b->limit : DEFAULT_LIMIT;

    return limit < MOST_LIMIT ? limit : MOST_LIMIT;
}

static bool make_room(struct msvc_buffer *b, size_t length)
{
    size_t capacity = b->capacity > 0 ? b->capacity : FIRST_CAPACITY;
    char *data;

    if (b->status < 0)
        return false;
    if (b->length > limit_of(b) || length > limit_of(b) - b->length) {
        b->status = MSVC_ERR_LIMIT;
        return false;
    }
    if (b->length + length < b->capacity)
        return true;
    while (capacity <= b->length + length)
        capacity *= 2;
    data = msvc__grow(b->data, capacity);
    if (data == NULL) {
        b->status = MSVC_ERR_NOMEM;
        return false;
    }
    b->data = data;
    b->capacity = capacity;
    return true;
}

void msvc_buffer_bytes(struct msvc_buffer *b, const void *data, size_t length)
{
    if (!make_room(b, length))
        return;
    if (length > 0)
        memcpy(b->data + b->length, data, length);
    msvc_buffer_added(b, length);
}

void msvc_buffer_text(struct msvc_buffer *b, const char *text)
{
    msvc_buffer_bytes(b, text, strlen(text));
}

void msvc_buffer_byte(struct msvc_buffer *b, char byte)
{
    msvc_buffer_bytes(b, &byte, 1);
}

void msvc_buffer_vprintf(struct msvc_buffer *b, const char *format, va_list arguments)
{
    va_list again;
    int length;

    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        b->status = MSVC_ERR_INVALID;
    if (length < 0 || !make_room(b, (size_t)length))
        return;
    (void)vsnprintf(b->data + b->length, (size_t)length + 1, format, arguments);
    b->length += (size_t)length;
}

void msvc_buffer_printf(struct msvc_buffer *b, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    msvc_buffer_vprintf(b, format, arguments);
    va_end(arguments);
}

char *msvc_buffer_reserve(struct msvc_buffer *b, size_t length)
{
    return make_room(b, length) ? b->data + b->length : NULL;
}

void msvc_buffer_added(struct msvc_buffer *b, size_t length)
{
    b->length += length;
    b->data[b->length] = '\0';
}

void msvc_buffer_truncate(struct msvc_buffer *b, size_t length)
{
    if (length >= b->length)
        return;
    b->length = length;
    b->data[length] = '\0';
}

void msvc_buffer_consume(struct msvc_buffer *b, size_t length)
{
    if (length > b->length)
        length = b->length;
    if (length == 0)
        return;
    b->length -= length;
    memmove(b->data, b->data + length, b->length + 1);
}

int msvc_buffer_status(const struct msvc_buffer *b)
{
    return b->status;
}

/* Whoever takes the bytes keeps them, and does not add to them. */
static char *without_slack(const struct msvc_buffer *b)
{
    char *data = b->capacity > b->length + SLACK ? msvc__grow(b->data, b->length + 1) : NULL;

    return data != NULL ? data : b->data;
}

char *msvc_buffer_steal(struct msvc_buffer *b)
{
    char *data = NULL;

    if (make_room(b, 0)) {
        data = without_slack(b);
        data[b->length] = '\0';
        b->data = NULL;
    }
    msvc_buffer_clear(b);
    return data;
}

void msvc_buffer_clear(struct msvc_buffer *b)
{
    free(b->data);
    *b = (struct msvc_buffer){ .limit = b->limit };
}
