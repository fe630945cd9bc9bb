/* SPDX-License-Identifier: MIT */
/* Headers and query parameters: names and values in the order they came. */
#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/model_internal.h"

int msvc__pairs_add(struct msvc__pairs *pairs, const char *name, size_t name_length,
                    const char *value, size_t value_length)
{
    struct msvc_header *grown = msvc__grow(pairs->items, (pairs->count + 2) * sizeof(*grown));
    char *name_copy;
    char *value_copy;

    if (grown == NULL)
        return MSVC_ERR_NOMEM;
    pairs->items = grown;
    grown[pairs->count] = (struct msvc_header){ NULL, NULL };
    name_copy = msvc__copy_bytes(name, name_length);
    value_copy = msvc__copy_bytes(value, value_length);
    if (name_copy == NULL || value_copy == NULL) {
        free(name_copy);
        free(value_copy);
        return MSVC_ERR_NOMEM;
    }
    grown[pairs->count++] = (struct msvc_header){ name_copy, value_copy };
    grown[pairs->count] = (struct msvc_header){ NULL, NULL };
    return 0;
}

void msvc__pairs_clear(struct msvc__pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        free((void *)(uintptr_t)pairs->items[i].name);
        free((void *)(uintptr_t)pairs->items[i].value);
    }
    free(pairs->items);
    *pairs = (struct msvc__pairs){ .items = NULL };
}

static int hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Decode where it stands; what is no escape stays. Returns the new length. */
static size_t decode(char *text, size_t length)
{
    size_t out = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '%' && i + 2 < length && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
            text[out++] = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        } else {
            text[out++] = text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

size_t msvc__query_decode(char *text)
{
    size_t length = decode(text, strlen(text));

    text[length] = '\0';
    return length;
}

void msvc__path_decode(char *path)
{
    char *out = path;

    for (const char *at = path; *at != '\0'; at++) {
        int high = at[0] == '%' ? hex(at[1]) : -1;
        int low = high >= 0 ? hex(at[2]) : -1;

        if (low >= 0 && high + low > 0) {
            *out++ = (char)(high * 16 + low);
            at += 2;
        } else {
            *out++ = *at;
        }
    }
    *out = '\0';
}

static int add_decoded(struct msvc__pairs *pairs, char *pair, size_t length)
{
    char *equals = memchr(pair, '=', length);
    size_t name_length = equals != NULL ? (size_t)(equals - pair) : length;
    char *value = equals != NULL ? equals + 1 : pair + length;
    size_t value_length = (size_t)(pair + length - value);

    if (length == 0)
        return 0;
    return msvc__pairs_add(pairs, pair, decode(pair, name_length), value,
                           decode(value, value_length));
}

int msvc__pairs_add_query(struct msvc__pairs *pairs, const char *text)
{
    char *copy = msvc__copy_text(text);
    char *at = copy;
    int status = 0;

    if (text == NULL)
        return 0;
    if (copy == NULL)
        return MSVC_ERR_NOMEM;
    while (status == 0 && at != NULL) {
        size_t length = strcspn(at, "&");
        char *next = at[length] == '&' ? at + length + 1 : NULL;

        status = add_decoded(pairs, at, length);
        at = next;
    }
    free(copy);
    return status;
}
