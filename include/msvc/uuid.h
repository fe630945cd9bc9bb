/* SPDX-License-Identifier: MIT */
/**
 * @file uuid.h
 *
 * UUID version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, then random
 * bits. Ids made later in another millisecond sort later, as bytes and as text.
 */
#ifndef MSVC_UUID_H
#define MSVC_UUID_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_clock;
struct msvc_random;

/** Characters of a UUID as text with the final NUL. */
#define MSVC_UUID_SIZE 37

/** Write a new UUIDv7 in lower case. NULL @p clock or @p random: the system's. */
MSVC_API void msvc_uuid_new(char out[MSVC_UUID_SIZE], const struct msvc_clock *clock,
                            const struct msvc_random *random);

/**
 * Read the 8-4-4-4-12 form, either case, any version.
 *
 * @param[out] out  Sixteen bytes, network order; untouched on failure.
 * @return 0 or #MSVC_ERR_MALFORMED.
 */
MSVC_API MSVC_MUST_USE int msvc_uuid_parse(uint8_t out[16], const char *text, size_t length);

/** Write sixteen bytes as text in lower case. */
MSVC_API void msvc_uuid_format(char out[MSVC_UUID_SIZE], const uint8_t bytes[16]);

MSVC_END_DECLS

#endif
