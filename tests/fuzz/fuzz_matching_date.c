/* SPDX-License-Identifier: MIT */
/* What a date pattern writes it also matches; an expression ends in a year that is there. */
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>

#include "contract/date_internal.h"
#include "fuzz.h"

const char *const fuzz_seeds[] = {
    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "EEE, d MMM yyyy h:mm a z",
    "G uuuu YYYY DDD ww e QQQ k K A n N VV O ZZZZ 'o''clock'",
    "today + 1 week @ noon - 5 minutes",
    "next monday + 2 fortnights @ 3 o'clock pm",
    "last january @ last hour + 10 milliseconds",
    "2024-02-29T23:59:59.123+10:00",
    NULL,
};

static void try_pattern(const char *text)
{
    static const struct msvc__moment moments[] = { { 0, 0 },
                                                   { 19782, INT64_C(47107008009010) },
                                                   { 10957, INT64_C(86399999999999) } };
    struct msvc__date_pattern *pattern = NULL;
    struct msvc_error err;

    if (msvc__date_pattern_new(&pattern, text, &err) < 0) {
        FUZZ_CHECK(err.status < 0 && err.message[0] != '\0');
        return;
    }
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        struct msvc_buffer out = MSVC_BUFFER_INIT;

        msvc__date_pattern_write(&out, pattern, moments[i]);
        (void)msvc__date_pattern_match(pattern, out.data != NULL ? out.data : "", out.length);
        (void)msvc__date_pattern_match(pattern, text, strlen(text));
        msvc_buffer_clear(&out);
    }
    msvc__date_pattern_free(pattern);
}

static void try_expression(const char *text, enum msvc__date_part part)
{
    struct msvc__moment moment = { .day = 10957, .ns = 36000 };
    struct msvc_error err;

    if (msvc__date_expression(&moment, text, part, &err) < 0) {
        FUZZ_CHECK(err.status < 0 && err.message[0] != '\0' && moment.day == 10957);
        return;
    }
    FUZZ_CHECK(moment.ns >= 0 && moment.ns < INT64_C(86400000000000));
    FUZZ_CHECK(msvc__date_of_day(moment.day).year <= 10000 &&
               msvc__date_of_day(moment.day).year >= -10000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    try_pattern(text);
    try_expression(text, MSVC__DATE_ONLY);
    try_expression(text, MSVC__TIME_ONLY);
    try_expression(text, MSVC__DATE_AND_TIME);
    free(text);
    return 0;
}
