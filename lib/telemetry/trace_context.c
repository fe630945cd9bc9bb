/* SPDX-License-Identifier: MIT */
/*
 * The two headers fail apart: a traceparent that is wrong starts a new trace,
 * a tracestate that is wrong is lost alone. A tracestate is first cut into
 * members that point into the header, and only what survives the checks and
 * the limits is copied.
 */
#include <msvc/trace_context.h>

#include <string.h>

#include <msvc/status.h>

#define TRACEPARENT_LENGTH  (MSVC_TRACEPARENT_SIZE - 1)
#define KNOWN_FLAGS         (MSVC_TRACE_SAMPLED | MSVC_TRACE_RANDOM)
#define MEMBER_LIMIT        32
#define KEY_LIMIT           256
#define VALUE_LIMIT         256
#define LARGE_MEMBER_LENGTH 128
#define TRACESTATE_LENGTH   (MSVC_TRACESTATE_SIZE - 1)

struct member {
    const char *text;
    size_t key_length;
    size_t length; /* of key=value */
};

struct members {
    struct member items[MEMBER_LIMIT];
    size_t count;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Move both ends inwards over spaces and tabs. */
static void trim(const char **begin, const char **end)
{
    while (*begin < *end && is_blank(**begin))
        (*begin)++;
    while (*end > *begin && is_blank((*end)[-1]))
        (*end)--;
}

/* Lower case only, as the specification wants it. -1: not a digit. */
static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static bool read_hex(uint8_t *out, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static void write_hex(char *out, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 0x0f];
    }
    out[2 * count] = '\0';
}

static bool is_zero(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

/*
 * Version 00 ends after the flags. A later one may go on after a dash; a
 * comma there means that two headers were joined, which no version has.
 */
static bool ends_well(const char *rest, const char *end, uint8_t version)
{
    if (rest == end)
        return true;
    return version != 0 && *rest == '-' && memchr(rest, ',', (size_t)(end - rest)) == NULL;
}

static bool read_traceparent(struct msvc_trace_context *out, const char *text)
{
    const char *end = text + strlen(text);
    uint8_t version;

    trim(&text, &end);
    if (end - text < TRACEPARENT_LENGTH || text[2] != '-' || text[35] != '-' || text[52] != '-')
        return false;
    if (!read_hex(&version, text, 1) || version == 0xff)
        return false;
    if (!read_hex(out->trace_id, text + 3, 16) || !read_hex(out->span_id, text + 36, 8) ||
        !read_hex(&out->flags, text + 53, 1))
        return false;
    out->flags &= KNOWN_FLAGS;
    return ends_well(text + TRACEPARENT_LENGTH, end, version) && msvc_trace_context_is_valid(out);
}

static bool is_key_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_key_part(char c)
{
    return is_key_start(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@';
}

static bool is_value_part(char c)
{
    return c >= 0x20 && c <= 0x7e && c != ',' && c != '=';
}

/* Surrounding blanks are gone, so that a value cannot end with one. */
static bool read_member(struct member *out, const char *text, size_t length)
{
    size_t key_length = 0;
    size_t value_length;

    while (key_length < length && is_key_part(text[key_length]))
        key_length++;
    if (key_length == 0 || key_length > KEY_LIMIT || !is_key_start(text[0]))
        return false;
    if (key_length == length || text[key_length] != '=')
        return false;
    value_length = length - key_length - 1;
    if (value_length == 0 || value_length > VALUE_LIMIT)
        return false;
    for (size_t i = key_length + 1; i < length; i++) {
        if (!is_value_part(text[i]))
            return false;
    }
    *out = (struct member){ text, key_length, length };
    return true;
}

static bool has_key(const struct members *members, const struct member *wanted)
{
    for (size_t i = 0; i < members->count; i++) {
        const struct member *member = &members->items[i];

        if (member->key_length == wanted->key_length &&
            memcmp(member->text, wanted->text, wanted->key_length) == 0)
            return true;
    }
    return false;
}

/* Empty members are allowed and mean nothing; of a repeated key the newest, leftmost, stays. */
static bool read_members(struct members *out, const char *text)
{
    size_t seen = 0;

    out->count = 0;
    for (;;) {
        const char *comma = strchr(text, ',');
        const char *begin = text;
        const char *end = comma != NULL ? comma : text + strlen(text);
        struct member member;

        trim(&begin, &end);
        if (begin < end) {
            if (seen++ == MEMBER_LIMIT || !read_member(&member, begin, (size_t)(end - begin)))
                return false;
            if (!has_key(out, &member))
                out->items[out->count++] = member;
        }
        if (comma == NULL)
            return true;
        text = comma + 1;
    }
}

static size_t joined_length(const struct members *members)
{
    size_t length = members->count > 0 ? members->count - 1 : 0;

    for (size_t i = 0; i < members->count; i++)
        length += members->items[i].length;
    return length;
}

/* From the right, drop members longer than `over` until the rest fits. */
static void drop_until_it_fits(struct members *members, size_t over)
{
    for (size_t i = members->count; i-- > 0 && joined_length(members) > TRACESTATE_LENGTH;) {
        if (members->items[i].length <= over)
            continue;
        members->count--;
        memmove(&members->items[i], &members->items[i + 1],
                (members->count - i) * sizeof(members->items[0]));
    }
}

static void write_members(char *out, const struct members *members)
{
    for (size_t i = 0; i < members->count; i++) {
        if (i > 0)
            *out++ = ',';
        memcpy(out, members->items[i].text, members->items[i].length);
        out += members->items[i].length;
    }
    *out = '\0';
}

static void read_tracestate(char out[MSVC_TRACESTATE_SIZE], const char *text)
{
    struct members members;

    if (!read_members(&members, text))
        return;
    drop_until_it_fits(&members, LARGE_MEMBER_LENGTH);
    drop_until_it_fits(&members, 0);
    write_members(out, &members);
}

bool msvc_trace_context_is_valid(const struct msvc_trace_context *context)
{
    return context != NULL && !is_zero(context->trace_id, sizeof(context->trace_id)) &&
           !is_zero(context->span_id, sizeof(context->span_id));
}

int msvc_trace_context_parse(struct msvc_trace_context *out, const char *traceparent,
                             const char *tracestate)
{
    if (out == NULL)
        return MSVC_ERR_INVALID;
    memset(out, 0, sizeof(*out));
    if (traceparent == NULL)
        return MSVC_ERR_NOT_FOUND;
    if (!read_traceparent(out, traceparent)) {
        memset(out, 0, sizeof(*out));
        return MSVC_ERR_MALFORMED;
    }
    out->is_remote = true;
    if (tracestate != NULL)
        read_tracestate(out->tracestate, tracestate);
    return 0;
}

void msvc_trace_context_traceparent(char out[MSVC_TRACEPARENT_SIZE],
                                    const struct msvc_trace_context *context)
{
    uint8_t flags;

    out[0] = '\0';
    if (!msvc_trace_context_is_valid(context))
        return;
    flags = context->flags & KNOWN_FLAGS;
    memcpy(out, "00-", 3);
    write_hex(out + 3, context->trace_id, 16);
    out[35] = '-';
    write_hex(out + 36, context->span_id, 8);
    out[52] = '-';
    write_hex(out + 53, &flags, 1);
}

void msvc_trace_id_text(char out[33], const struct msvc_trace_context *context)
{
    static const uint8_t none[16];

    write_hex(out, context != NULL ? context->trace_id : none, 16);
}

void msvc_span_id_text(char out[17], const struct msvc_trace_context *context)
{
    static const uint8_t none[8];

    write_hex(out, context != NULL ? context->span_id : none, 8);
}
