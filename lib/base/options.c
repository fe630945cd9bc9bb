/* SPDX-License-Identifier: MIT */
#include "base/options_internal.h"

#include <string.h>

#include <msvc/status.h>

static bool is_zero(const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

int msvc__options_copy(void *to, size_t to_size, const void *from)
{
    size_t from_size;

    if (from == NULL) {
        memset(to, 0, to_size);
        memcpy(to, &to_size, sizeof(to_size));
        return 0;
    }

    memcpy(&from_size, from, sizeof(from_size));
    if (from_size < sizeof(from_size))
        return MSVC_ERR_INVALID;
    if (from_size > to_size && !is_zero((const unsigned char *)from + to_size, from_size - to_size))
        return MSVC_ERR_UNSUPPORTED;

    memset(to, 0, to_size);
    memcpy(to, from, from_size < to_size ? from_size : to_size);
    memcpy(to, &to_size, sizeof(to_size));
    return 0;
}
