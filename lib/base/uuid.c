/* SPDX-License-Identifier: MIT */
#include <msvc/uuid.h>

#include <string.h>

#include <msvc/clock.h>
#include <msvc/random.h>
#include <msvc/status.h>

#define NS_PER_MS 1000000
#define BYTES     16

/* Whether a dash stands before this byte. */
static bool starts_group(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void msvc_uuid_format(char out[MSVC_UUID_SIZE], const uint8_t bytes[16])
{
    static const char digits[] = "0123456789abcdef";
    char *at = out;

    for (size_t i = 0; i < BYTES; i++) {
        if (starts_group(i))
            *at++ = '-';
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 0x0f];
    }
    *at = '\0';
}

void msvc_uuid_new(char out[MSVC_UUID_SIZE], const struct msvc_clock *clock,
                   const struct msvc_random *random)
{
    int64_t wall_ns = msvc_clock_wall_ns(clock);
    uint64_t ms = wall_ns > 0 ? (uint64_t)wall_ns / NS_PER_MS : 0;
    uint8_t bytes[BYTES];

    msvc_random_fill(random, bytes, sizeof(bytes));
    for (unsigned i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    bytes[6] = (uint8_t)(0x70 | (bytes[6] & 0x0f)); /* version 7 */
    bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3f)); /* variant of RFC 9562 */
    msvc_uuid_format(out, bytes);
}

/* −1 when it is no hexadecimal digit. */
static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

int msvc_uuid_parse(uint8_t out[16], const char *text, size_t length)
{
    uint8_t bytes[BYTES];

    if (text == NULL || length != MSVC_UUID_SIZE - 1)
        return MSVC_ERR_MALFORMED;
    for (size_t i = 0; i < BYTES; i++) {
        int high;
        int low;

        if (starts_group(i) && *text++ != '-')
            return MSVC_ERR_MALFORMED;
        high = digit_value(*text++);
        low = digit_value(*text++);
        if (high < 0 || low < 0)
            return MSVC_ERR_MALFORMED;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(out, bytes, sizeof(bytes));
    return 0;
}
