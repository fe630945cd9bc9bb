/* SPDX-License-Identifier: MIT */
/* grpc-timeout, as gRPC's protocol over HTTP/2 defines it. */
#include <msvc/http.h>

#include <string.h>

#include <msvc/status.h>

#include "base/number_internal.h"

#define DIGITS_MAX 8
#define NUMBER_MAX 99999999

static const struct {
    char unit;
    uint64_t ns;
} units[] = {
    { 'n', 1 },          { 'u', 1000 },        { 'm', 1000000 },
    { 'S', 1000000000 }, { 'M', 60000000000 }, { 'H', 3600000000000 },
};

#define UNITS (sizeof(units) / sizeof(units[0]))

int msvc_grpc_timeout_parse(uint64_t *out_ns, const char *text)
{
    size_t digits = text != NULL ? strspn(text, "0123456789") : 0;
    uint64_t number = 0;

    if (out_ns == NULL || digits == 0 || digits > DIGITS_MAX || text[digits] == '\0' ||
        text[digits + 1] != '\0')
        return MSVC_ERR_MALFORMED;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (uint64_t)(text[i] - '0');
    for (size_t i = 0; i < UNITS; i++) {
        if (units[i].unit == text[digits]) {
            *out_ns = number * units[i].ns;
            return 0;
        }
    }
    return MSVC_ERR_MALFORMED;
}

void msvc_grpc_timeout_format(char out[MSVC_GRPC_TIMEOUT_SIZE], uint64_t timeout_ns)
{
    char number[MSVC__NUMBER_SIZE];
    size_t unit = 0;
    uint64_t count = timeout_ns;
    size_t length;

    while (count > NUMBER_MAX && unit < UNITS - 1)
        count = timeout_ns / units[++unit].ns;
    length = msvc__format_uint(number, count);
    memcpy(out, number, length);
    out[length] = units[unit].unit;
    out[length + 1] = '\0';
}
