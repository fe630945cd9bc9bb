/* SPDX-License-Identifier: MIT */
/* Whatever is logged, what comes out is one line and one JSON document. */
#include <string.h>

#include <msvc/json.h>
#include <msvc/trace.h>

#include "fuzz.h"
#include "telemetry/log_line_internal.h"

const char *const fuzz_seeds[] = {
    "message\nkey\nvalue",
    "\"\\\x01\n\xff\xc3\n\xe2\x82",
    "m\nlevel\nattributes.level",
    "\n\n",
    NULL,
};

static void check(const struct msvc_log_record *record)
{
    static char line[MSVC_LOG_LINE_MAX];
    size_t length = msvc__log_line(line, record, "", 0);
    struct msvc_json_document *document;

    FUZZ_CHECK(length > 0 && memchr(line, '\n', length) == line + length - 1);
    /* Different keys may be mended into the same one. */
    FUZZ_CHECK(msvc_json_parse(&document, line, length, MSVC_JSON_OPTIONS(.allow_duplicates = true),
                               NULL) == 0);
    FUZZ_CHECK(msvc_json_member(msvc_json_root(document), "timestamp") != NULL);
    FUZZ_CHECK(msvc_json_member(msvc_json_root(document), "message") != NULL);
    msvc_json_free(document);
}

/* The text up to the next line break, which is ended; "" when there is none. */
static char *next(char **text)
{
    char *line = *text;
    char *end = strchr(line, '\n');

    *text = end != NULL ? end + 1 : line + strlen(line);
    if (end != NULL)
        *end = '\0';
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    char *rest = text;
    struct msvc_log_record record = { .wall_ns = (int64_t)size, .level = MSVC_LOG_INFO };
    char *key;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    record.message = next(&rest);
    key = next(&rest);
    record.attributes = MSVC_ATTRIBUTES(
        MSVC_STRN(key, rest, size - (size_t)(rest - text)), MSVC_STR("fixed", record.message),
        MSVC_F64(rest, (double)size / 7), MSVC_I64(record.message, -(int64_t)size));
    check(&record);
    free(text);
    return 0;
}
