/* SPDX-License-Identifier: MIT */
/* Makes single values. A number takes the place of a text as a text, and of a number as a number.
 */
#include <inttypes.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/random.h>
#include <msvc/status.h>
#include <msvc/uuid.h>

#include "contract/canonical_internal.h"
#include "contract/date_internal.h"
#include "contract/generate_internal.h"

#define HEXADECIMAL  "0123456789ABCDEF"
#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void write_int(struct msvc_buffer *out, const struct msvc__generator *g,
                      const struct msvc_random *random)
{
    uint64_t span = (uint64_t)g->most - (uint64_t)g->least + 1; /* 0: all of 64 bits */
    uint64_t offset = 0;

    if (span == 0)
        msvc_random_fill(random, &offset, sizeof(offset));
    else
        offset = msvc_random_below(random, span);
    msvc_buffer_printf(out, "%" PRId64, (int64_t)((uint64_t)g->least + offset));
}

static void write_from(struct msvc_buffer *out, const char *alphabet, size_t length,
                       const struct msvc_random *random)
{
    for (size_t i = 0; i < length; i++)
        msvc_buffer_byte(out, alphabet[msvc_random_below(random, strlen(alphabet))]);
}

/* As many digits as asked for, at least one on either side, no zero at either end. */
static void write_decimal(struct msvc_buffer *out, size_t digits, const struct msvc_random *random)
{
    size_t whole = digits > 2 ? 1 + (size_t)msvc_random_below(random, digits - 1) : 1;
    size_t fraction = digits > whole ? digits - whole : 1;

    write_from(out, "123456789", 1, random);
    write_from(out, "0123456789", whole - 1, random);
    msvc_buffer_byte(out, '.');
    write_from(out, "0123456789", fraction - 1, random);
    write_from(out, "123456789", 1, random);
}

static int write_uuid(struct msvc_buffer *out, const struct msvc__generator *g,
                      const struct msvc_random *random, struct msvc_error *err)
{
    const char *format = g->text != NULL ? g->text : "lower-case-hyphenated";
    bool is_upper = strcmp(format, "upper-case-hyphenated") == 0;
    bool is_simple = strcmp(format, "simple") == 0;
    unsigned char bytes[16];

    if (!is_upper && !is_simple && strcmp(format, "lower-case-hyphenated") != 0 &&
        strcmp(format, "URN") != 0)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "a UUID format \"%s\", expected simple, lower-case-hyphenated, "
                              "upper-case-hyphenated or URN",
                              format);
    msvc_random_fill(random, bytes, sizeof(bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0F) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80);
    if (strcmp(format, "URN") == 0)
        msvc_buffer_text(out, "urn:uuid:");
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (!is_simple && (i == 4 || i == 6 || i == 8 || i == 10))
            msvc_buffer_byte(out, '-');
        msvc_buffer_printf(out, is_upper ? "%02X" : "%02x", bytes[i]);
    }
    return 0;
}

static int write_date(struct msvc_buffer *out, const struct msvc__generator *g,
                      const struct msvc_clock *clock, struct msvc_error *err)
{
    static const struct {
        enum msvc__date_part part;
        const char *format;
    } kinds[] = {
        [MSVC__GENERATE_DATE] = { MSVC__DATE_ONLY, MSVC__DATE_FORMAT },
        [MSVC__GENERATE_TIME] = { MSVC__TIME_ONLY, MSVC__TIME_FORMAT },
        [MSVC__GENERATE_DATETIME] = { MSVC__DATE_AND_TIME, MSVC__DATETIME_FORMAT },
    };
    struct msvc__moment moment = msvc__moment_of_wall(msvc_clock_wall_ns(clock));
    struct msvc__date_pattern *pattern = NULL;
    const char *format = g->text != NULL && g->text[0] != '\0' ? g->text : kinds[g->kind].format;
    int status = 0;

    if (g->expression != NULL && g->expression[0] != '\0')
        status = msvc__date_expression(&moment, g->expression, kinds[g->kind].part, err);
    if (status == 0)
        status = msvc__date_pattern_new(&pattern, format, err);
    if (status == 0)
        msvc__date_pattern_write(out, pattern, moment);
    msvc__date_pattern_free(pattern);
    return status;
}

/* What the regex's first group has of the example, behind the mock's own address. */
static int write_mock_url(struct msvc_buffer *out, const struct msvc__generator *g,
                          const char *mock_url, struct msvc_error *err)
{
    struct msvc__regex *regex = NULL;
    size_t length = strlen(mock_url);
    size_t start = 0;
    size_t end = 0;
    int status = msvc__regex_new(&regex, g->expression, err);

    if (status < 0)
        return status;
    status = msvc__regex_group(regex, g->text, strlen(g->text), &start, &end);
    msvc__regex_free(regex);
    if (status <= 0)
        return msvc_error_set(err, status < 0 ? status : MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0,
                              "expected \"%s\" to have a group that matches in \"%s\"",
                              g->expression, g->text);
    while (length > 0 && mock_url[length - 1] == '/' && g->text[start] == '/')
        length--;
    msvc_buffer_bytes(out, mock_url, length);
    msvc_buffer_bytes(out, g->text + start, end - start);
    return 0;
}

static int write_text(struct msvc_buffer *out, const struct msvc__generator *g,
                      const struct msvc__generate_context *c, struct msvc_error *err)
{
    switch (g->kind) {
    case MSVC__GENERATE_INT:
        write_int(out, g, c->random);
        return 0;
    case MSVC__GENERATE_DECIMAL:
        write_decimal(out, g->length, c->random);
        return 0;
    case MSVC__GENERATE_HEXADECIMAL:
        write_from(out, HEXADECIMAL, g->length, c->random);
        return 0;
    case MSVC__GENERATE_STRING:
        write_from(out, ALPHANUMERIC, g->length, c->random);
        return 0;
    case MSVC__GENERATE_BOOLEAN:
        msvc_buffer_text(out, msvc_random_below(c->random, 2) == 0 ? "false" : "true");
        return 0;
    case MSVC__GENERATE_REGEX:
        return msvc__generate_regex(out, g->text, c->random, err);
    case MSVC__GENERATE_UUID:
        return write_uuid(out, g, c->random, err);
    case MSVC__GENERATE_MOCK_URL:
        return write_mock_url(out, g, c->mock_url, err);
    case MSVC__GENERATE_DATE:
    case MSVC__GENERATE_TIME:
    case MSVC__GENERATE_DATETIME:
        return write_date(out, g, c->clock, err);
    default:
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "the generator \"%s\" is not known", g->type);
    }
}

/* Whether a value goes without quotes in JSON. */
static bool is_bare(enum msvc__generator_kind kind, const struct msvc_json *example)
{
    if (kind == MSVC__GENERATE_BOOLEAN)
        return true;
    return (kind == MSVC__GENERATE_INT || kind == MSVC__GENERATE_DECIMAL) && example != NULL &&
           msvc_json_type(example) != MSVC_JSON_STRING;
}

static bool is_of_mode(const struct msvc__generator *g, enum msvc__generate_mode mode,
                       const struct msvc__generate_context *c)
{
    if (g->kind == MSVC__GENERATE_PROVIDER_STATE)
        return mode == MSVC__GENERATE_FOR_PROVIDER;
    return g->kind != MSVC__GENERATE_MOCK_URL ||
           (mode == MSVC__GENERATE_FOR_CONSUMER && c->mock_url != NULL);
}

int msvc__generate_value(struct msvc_buffer *json, const struct msvc__generator *g,
                         const struct msvc_json *example, enum msvc__generate_mode mode,
                         const struct msvc__generate_context *c, struct msvc_error *err)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status;

    if (!is_of_mode(g, mode, c))
        return 0;
    if (g->kind == MSVC__GENERATE_PROVIDER_STATE) {
        status = msvc__generate_state(json, g, c->provider_state, err);
        return status < 0 ? status : 1;
    }
    status = write_text(&text, g, c, err);
    if (status == 0 && msvc_buffer_status(&text) < 0)
        status = msvc_error_set(err, msvc_buffer_status(&text), MSVC__CONTRACT, 0, "no memory");
    if (status == 0 && is_bare(g->kind, example))
        msvc_buffer_bytes(json, text.data, text.length);
    else if (status == 0)
        msvc__canonical_text(json, text.data != NULL ? text.data : "", text.length);
    msvc_buffer_clear(&text);
    return status < 0 ? status : 1;
}

int msvc__generate_text(struct msvc_buffer *text, const struct msvc__generator *g,
                        enum msvc__generate_mode mode, const struct msvc__generate_context *c,
                        struct msvc_error *err)
{
    struct msvc_buffer json = MSVC_BUFFER_INIT;
    struct msvc_json_document *document = NULL;
    const char *plain;
    size_t length = 0;
    int status = msvc__generate_value(&json, g, NULL, mode, c, err);

    if (status == 1 && msvc_json_parse(&document, json.data, json.length, NULL, err) < 0)
        status = MSVC_ERR_NOMEM;
    plain = msvc_json_string(msvc_json_root(document), &length);
    if (status == 1 && plain != NULL)
        msvc_buffer_bytes(text, plain, length);
    else if (status == 1)
        msvc_buffer_bytes(text, json.data, json.length);
    msvc_json_free(document);
    msvc_buffer_clear(&json);
    return status;
}
