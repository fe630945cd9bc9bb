/* SPDX-License-Identifier: MIT */
/*
 * The line is built front to back in memory of a fixed size, with room kept
 * for what must come behind: whatever does not fit in between is cut, so that
 * the end of the line is always written and the line is always JSON.
 */
#include "telemetry/log_line_internal.h"

#include <string.h>

#include <msvc/clock.h>
#include <msvc/trace_context.h>

#include "base/json_escape_internal.h"
#include "base/number_internal.h"
#include "base/utf8_internal.h"

#define NS_PER_S       INT64_C(1000000000)
#define SECONDS_LENGTH 20 /* "2026-11-22T10:13:00." */
#define PREFIX         "attributes."
#define ENDING         ",\"truncated\":true}\n"
#define CONTEXT_ROOM   128 /* trace_id, span_id, trace_flags with their keys */

struct line {
    char *at;
    const char *limit; /* strings are cut here */
    bool is_cut;
};

static size_t room(const struct line *line)
{
    return (size_t)(line->limit - line->at);
}

/* There is room. */
static void put(struct line *line, const char *text, size_t length)
{
    memcpy(line->at, text, length);
    line->at += length;
}

#define PUT(line, literal) put((line), (literal), sizeof(literal) - 1)

/* False when it did not fit; what fits is written, up to whole characters. */
static bool put_escaped(struct line *line, const char *text, size_t length)
{
    while (length > 0) {
        size_t plain = msvc__json_plain_length(text, length);
        char escape[MSVC__JSON_ESCAPE_MAX];
        size_t escape_length;
        size_t taken;

        if (plain > room(line)) {
            put(line, text, msvc__utf8_cut(text, plain, room(line)));
            return false;
        }
        put(line, text, plain);
        if (plain == length)
            return true;
        text += plain;
        length -= plain;
        escape_length = msvc__json_escape(escape, &taken, text, length);
        if (escape_length > room(line))
            return false;
        put(line, escape, escape_length);
        text += taken;
        length -= taken;
    }
    return true;
}

/* At least the two quotes fit. */
static void put_string(struct line *line, const char *text, size_t length)
{
    *line->at++ = '"';
    line->limit--;
    if (!put_escaped(line, text, length))
        line->is_cut = true;
    line->limit++;
    *line->at++ = '"';
}

/* The date and time of a second is kept per thread: most records share it with the one before. */
static void put_time(struct line *line, int64_t wall_ns)
{
    static _Thread_local struct {
        int64_t second;
        char text[MSVC_TIME_SIZE];
    } cached;
    int64_t fraction = wall_ns % NS_PER_S;
    int64_t second = wall_ns / NS_PER_S;

    if (fraction < 0) {
        fraction += NS_PER_S;
        second--;
    }
    if (cached.text[0] == '\0' || cached.second != second) {
        msvc_time_format(cached.text, wall_ns);
        cached.second = second;
    }
    put(line, cached.text, SECONDS_LENGTH);
    for (int i = 8; i >= 0; i--) {
        line->at[i] = (char)('0' + fraction % 10);
        fraction /= 10;
    }
    line->at += 9;
    *line->at++ = 'Z';
}

static void put_context(struct line *line, const struct msvc_trace_context *context)
{
    char text[MSVC_TRACEPARENT_SIZE];

    msvc_trace_context_traceparent(text, context);
    PUT(line, ",\"trace_id\":\"");
    put(line, text + 3, 32);
    PUT(line, "\",\"span_id\":\"");
    put(line, text + 36, 16);
    PUT(line, "\",\"trace_flags\":\"");
    put(line, text + 53, 2);
    *line->at++ = '"';
}

static bool is_reserved(const char *key)
{
    switch (key[0]) {
    case 'i':
        return strcmp(key, "instance") == 0;
    case 'l':
        return strcmp(key, "level") == 0;
    case 'm':
        return strcmp(key, "message") == 0;
    case 's':
        return strcmp(key, "service") == 0 || strcmp(key, "span_id") == 0;
    case 't':
        return strcmp(key, "timestamp") == 0 || strcmp(key, "trace_id") == 0 ||
               strcmp(key, "trace_flags") == 0 || strcmp(key, "truncated") == 0;
    default:
        return false;
    }
}

/* What remains of a key that is written with the prefix, so that equal ones are found. */
static const char *without_prefix(const char *key)
{
    const char *rest = key + sizeof(PREFIX) - 1;

    if (key[0] != PREFIX[0] || strncmp(key, PREFIX, sizeof(PREFIX) - 1) != 0)
        return key;
    return is_reserved(rest) ? rest : key;
}

/* Of a repeated key the last value counts. */
static bool comes_again(const struct msvc_attribute *attribute, const struct msvc_attribute *end)
{
    const char *key = without_prefix(attribute->key);

    for (const struct msvc_attribute *later = attribute + 1; later < end; later++) {
        const char *other = without_prefix(later->key);

        if (key[0] == other[0] && strcmp(key, other) == 0)
            return true;
    }
    return false;
}

/* Key, colon and at least the shortest value of the type fit, or nothing is written. */
static bool put_key(struct line *line, const char *key, size_t value_room)
{
    struct line start = *line;

    if (room(line) < value_room + sizeof(",\"" PREFIX "\":") - 1)
        return false;
    line->limit -= value_room + 2; /* the value, the quote and the colon */
    PUT(line, ",\"");
    if (is_reserved(key))
        PUT(line, PREFIX);
    if (!put_escaped(line, key, strlen(key))) {
        *line = start;
        return false;
    }
    line->limit = start.limit;
    PUT(line, "\":");
    return true;
}

static void put_number(struct line *line, double number)
{
    size_t length = msvc__format_double(line->at, number);

    if (length == 0)
        PUT(line, "null");
    line->at += length;
}

static void put_value(struct line *line, const struct msvc_attribute *attribute)
{
    switch (attribute->type) {
    case MSVC_ATTRIBUTE_STRING:
        put_string(line, attribute->value.string.data, attribute->value.string.length);
        break;
    case MSVC_ATTRIBUTE_INT:
        line->at += msvc__format_int(line->at, attribute->value.integer);
        break;
    case MSVC_ATTRIBUTE_DOUBLE:
        put_number(line, attribute->value.number);
        break;
    case MSVC_ATTRIBUTE_BOOL:
        if (attribute->value.truth)
            PUT(line, "true");
        else
            PUT(line, "false");
        break;
    default:
        PUT(line, "null");
        break;
    }
}

/* The attributes that are written. Keys of which no two begin alike are not compared. */
static const struct msvc_attribute *find_end(const struct msvc_attribute *attributes,
                                             bool *may_repeat)
{
    const struct msvc_attribute *end = attributes;
    uint64_t beginnings = 0;

    *may_repeat = false;
    for (; end->key != NULL && end - attributes < MSVC__LOG_ATTRIBUTE_LIMIT; end++) {
        uint64_t beginning = UINT64_C(1) << ((unsigned char)without_prefix(end->key)[0] % 64);

        *may_repeat |= (beginnings & beginning) != 0;
        beginnings |= beginning;
    }
    return end;
}

static void put_attributes(struct line *line, const struct msvc_attribute *attributes)
{
    bool may_repeat;
    const struct msvc_attribute *end = find_end(attributes, &may_repeat);

    if (end->key != NULL)
        line->is_cut = true;
    for (; attributes < end; attributes++) {
        if (may_repeat && comes_again(attributes, end))
            continue;
        if (put_key(line, attributes->key, MSVC__NUMBER_SIZE))
            put_value(line, attributes);
        else
            line->is_cut = true;
    }
}

size_t msvc__log_line(char out[MSVC_LOG_LINE_MAX], const struct msvc_log_record *record,
                      const char *names, size_t names_length)
{
    const char *limit = out + MSVC_LOG_LINE_MAX - (sizeof(ENDING) - 1);
    const char *level = msvc_log_level_name(record->level);
    struct line line = { out, limit - CONTEXT_ROOM, false };

    PUT(&line, "{\"timestamp\":\"");
    put_time(&line, record->wall_ns);
    PUT(&line, "\",\"level\":\"");
    put(&line, level, strlen(level));
    *line.at++ = '"';
    put(&line, names, names_length);
    PUT(&line, ",\"message\":");
    put_string(&line, record->message, strlen(record->message));
    line.limit = limit;
    if (record->context != NULL)
        put_context(&line, record->context);
    put_attributes(&line, record->attributes);
    if (line.is_cut)
        PUT(&line, ENDING);
    else
        PUT(&line, "}\n");
    return (size_t)(line.at - out);
}
