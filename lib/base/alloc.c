/* SPDX-License-Identifier: MIT */
/*
 * One counter decides which allocation fails; in production it is negative
 * and costs one relaxed load.
 */
#include "base/alloc_internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic long failure_countdown = -1;

static bool must_fail(void)
{
    if (atomic_load_explicit(&failure_countdown, memory_order_relaxed) < 0)
        return false;
    return atomic_fetch_sub(&failure_countdown, 1) == 0;
}

void *msvc__new(size_t size)
{
    return must_fail() ? NULL : calloc(1, size);
}

void *msvc__new_array(size_t count, size_t size)
{
    bool overflows =
        size > 0 && count > SIZE_MAX / size; /* calloc() too, but a sanitizer's aborts */

    return overflows || must_fail() ? NULL : calloc(count, size);
}

void *msvc__grow(void *block, size_t size)
{
    return must_fail() ? NULL : realloc(block, size);
}

char *msvc__copy_bytes(const void *bytes, size_t length)
{
    char *copy = must_fail() ? NULL : malloc(length + 1);

    if (copy == NULL)
        return NULL;
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

char *msvc__copy_text(const char *text)
{
    return text != NULL ? msvc__copy_bytes(text, strlen(text)) : NULL;
}

void msvc__fail_allocation_after(long successes)
{
    atomic_store(&failure_countdown, successes);
}
