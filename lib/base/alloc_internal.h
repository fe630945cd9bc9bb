/* SPDX-License-Identifier: MIT */
/*
 * The one seam to libc's allocator, so that tests can fail the n-th
 * allocation. Everything in lib/ allocates through it; free() stays free().
 */
#ifndef MSVC_BASE_ALLOC_INTERNAL_H
#define MSVC_BASE_ALLOC_INTERNAL_H

#include <msvc/base.h>

/* Zeroed; NULL when out of memory. */
MSVC_API void *msvc__new(size_t size);

/* Zeroed; NULL when out of memory or when count * size overflows. */
MSVC_API void *msvc__new_array(size_t count, size_t size);

/* As realloc(); the old block stays when it fails. */
MSVC_API void *msvc__grow(void *block, size_t size);

/* A copy, NULL for NULL and when out of memory. */
MSVC_API char *msvc__copy_text(const char *text);

/* A copy of length bytes with a NUL behind. */
MSVC_API char *msvc__copy_bytes(const void *bytes, size_t length);

/*
 * For tests: let the allocation after the next `successes` fail, once; a
 * negative number switches it off. Counts over all threads.
 */
MSVC_API void msvc__fail_allocation_after(long successes);

#endif
