/* SPDX-License-Identifier: MIT */
/*
 * Takes a body of several parts apart. Lines may end with or without a
 * carriage return: people write fixtures by hand.
 */
#include "contract/multipart_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "message/base64_internal.h"

#define BOUNDARY_MAX 200 /* RFC 2046 says 70 */

struct reader {
    const char *at;
    const char *end;
    const char *boundary; /* without the dashes in front */
    size_t boundary_length;
    struct msvc__multipart *out;
    struct msvc_error *err;
};

static int malformed(const struct reader *r, const char *what)
{
    return msvc_error_set(r->err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0, "multipart: expected %s",
                          what);
}

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
}

/* The value of a parameter, "name=value" or "name=\"value\"", in a header's value; NULL for none.
 */
static const char *find_parameter(const char *header, const char *name, size_t *length)
{
    size_t name_length = strlen(name);

    for (const char *at = header; at != NULL && (at = strchr(at, ';')) != NULL;) {
        at++;
        at += strspn(at, " \t");
        if (strncasecmp(at, name, name_length) != 0 || at[name_length] != '=')
            continue;
        at += name_length + 1;
        if (*at != '"') {
            *length = strcspn(at, "; \t\r\n");
            return at;
        }
        *length = strcspn(at + 1, "\"");
        return at + 1;
    }
    return NULL;
}

static int find_boundary(struct reader *r, const char *type)
{
    r->boundary = find_parameter(type, "boundary", &r->boundary_length);
    if (r->boundary == NULL && r->end - r->at > 2 && r->at[0] == '-' && r->at[1] == '-') {
        const char *line = memchr(r->at, '\n', (size_t)(r->end - r->at));

        r->boundary = r->at + 2;
        r->boundary_length = (size_t)((line != NULL ? line : r->end) - r->boundary);
        while (r->boundary_length > 0 &&
               isspace((unsigned char)r->boundary[r->boundary_length - 1]))
            r->boundary_length--;
    }
    if (r->boundary == NULL || r->boundary_length == 0 || r->boundary_length > BOUNDARY_MAX)
        return malformed(r, "a boundary of 1 to 200 characters");
    return 0;
}

/* Whether a line is the boundary; *is_last when dashes follow it. */
static bool is_boundary(const struct reader *r, const char *line, bool *is_last)
{
    const char *at = line + 2 + r->boundary_length;

    if ((size_t)(r->end - line) < 2 + r->boundary_length || memcmp(line, "--", 2) != 0 ||
        memcmp(line + 2, r->boundary, r->boundary_length) != 0)
        return false;
    *is_last = r->end - at >= 2 && memcmp(at, "--", 2) == 0;
    at += *is_last ? 2 : 0;
    while (at < r->end && (*at == ' ' || *at == '\t' || *at == '\r'))
        at++;
    return at == r->end || *at == '\n';
}

static const char *next_line(const struct reader *r, const char *line)
{
    const char *end = memchr(line, '\n', (size_t)(r->end - line));

    return end != NULL ? end + 1 : r->end;
}

/* Go behind the next boundary. *start..*end is what was before it, without its last line break. */
static int to_boundary(struct reader *r, const char **end, bool *is_last)
{
    const char *line = r->at;

    while (line < r->end) {
        if (is_boundary(r, line, is_last)) {
            *end = line;
            if (*end > r->at && (*end)[-1] == '\n')
                (*end)--;
            if (*end > r->at && (*end)[-1] == '\r')
                (*end)--;
            r->at = next_line(r, line);
            return 0;
        }
        line = next_line(r, line);
    }
    return malformed(r, "a boundary behind each part");
}

static int add_header(struct msvc__part *part, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    const char *value = colon + 1;
    const char *end = line + length;

    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && isspace((unsigned char)end[-1]))
        end--;
    return msvc__pairs_add(&part->headers, line, (size_t)(colon - line), value,
                           (size_t)(end - value));
}

/* Up to the empty line; *at goes behind it. */
static int read_headers(struct reader *r, struct msvc__part *part, const char **at, const char *end)
{
    while (*at < end) {
        const char *line = *at;
        const char *next = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((next != NULL ? next : end) - line);

        *at = next != NULL ? next + 1 : end;
        if (length > 0 && line[length - 1] == '\r')
            length--;
        if (length == 0)
            return 0;
        if (memchr(line, ':', length) == NULL || memchr(line, '\0', length) != NULL)
            return malformed(r, "headers in front of each part");
        if (part->headers.count == MSVC__MULTIPART_HEADERS_MAX)
            return msvc_error_set(r->err, MSVC_ERR_LIMIT, MSVC__CONTRACT, 0,
                                  "multipart: more than %d headers", MSVC__MULTIPART_HEADERS_MAX);
        if (add_header(part, line, length) < 0)
            return no_memory(r->err);
    }
    return 0;
}

static int set_base64(struct reader *r, struct msvc__part *part, const char *text, size_t length)
{
    struct msvc_buffer packed = MSVC_BUFFER_INIT;
    struct msvc_buffer bytes = MSVC_BUFFER_INIT;
    bool is_base64;
    int status;

    for (size_t i = 0; i < length; i++) {
        if (strchr(" \t\r\n", text[i]) == NULL || text[i] == '\0')
            msvc_buffer_byte(&packed, text[i]);
    }
    is_base64 = packed.length == 0 || msvc__base64_decode(&bytes, packed.data, packed.length);
    if (msvc_buffer_status(&packed) < 0 || msvc_buffer_status(&bytes) < 0)
        status = no_memory(r->err);
    else if (!is_base64)
        status = malformed(r, "base64 where a part says it is");
    else
        status = msvc__part_set_body(part, bytes.data, bytes.length) < 0 ? no_memory(r->err) : 0;
    msvc_buffer_clear(&packed);
    msvc_buffer_clear(&bytes);
    return status;
}

static int set_content(struct reader *r, struct msvc__part *part, const char *text, size_t length)
{
    const char *encoding = msvc_header_find(part->headers.items, "Content-Transfer-Encoding", 0);

    if (encoding != NULL && strcasecmp(encoding, "base64") == 0)
        return set_base64(r, part, text, length);
    return msvc__part_set_body(part, text, length) < 0 ? no_memory(r->err) : 0;
}

static int read_part(struct reader *r, struct msvc__multipart_part *out, const char *at,
                     const char *end)
{
    const char *disposition;
    size_t length = 0;
    const char *name;
    int status = read_headers(r, &out->part, &at, end);

    if (status == 0)
        status = set_content(r, &out->part, at, (size_t)(end - at));
    if (status < 0)
        return status;
    disposition = msvc_header_find(out->part.headers.items, "Content-Disposition", 0);
    name = disposition != NULL ? find_parameter(disposition, "name", &length) : NULL;
    if (name != NULL) {
        out->name = msvc__copy_bytes(name, length);
        if (out->name == NULL)
            return no_memory(r->err);
    }
    return msvc__part_finish(&out->part) < 0 ? no_memory(r->err) : 0;
}

static int add_part(struct reader *r, const char *start, const char *end)
{
    struct msvc__multipart *out = r->out;
    struct msvc__multipart_part *grown;

    if (out->count == MSVC__MULTIPART_PARTS_MAX)
        return msvc_error_set(r->err, MSVC_ERR_LIMIT, MSVC__CONTRACT, 0,
                              "multipart: more than %d parts", MSVC__MULTIPART_PARTS_MAX);
    grown = msvc__grow(out->items, (out->count + 1) * sizeof(*grown));
    if (grown == NULL)
        return no_memory(r->err);
    out->items = grown;
    grown[out->count] = (struct msvc__multipart_part){ .name = NULL };
    return read_part(r, &grown[out->count++], start, end);
}

static int read_parts(struct reader *r)
{
    const char *start;
    const char *end = NULL;
    bool is_last = false;
    int status = to_boundary(r, &end, &is_last); /* what is before the first says nothing */

    while (status == 0 && !is_last) {
        start = r->at;
        status = to_boundary(r, &end, &is_last);
        if (status == 0)
            status = add_part(r, start, end);
    }
    return status;
}

int msvc__multipart_parse(struct msvc__multipart *out, const char *type, const char *body,
                          size_t length, struct msvc_error *err)
{
    struct msvc__multipart parts = { .items = NULL };
    struct reader r = { .at = body, .end = body + length, .out = &parts, .err = err };
    int status = find_boundary(&r, type);

    if (status == 0)
        status = read_parts(&r);
    if (status < 0)
        msvc__multipart_clear(&parts);
    else
        *out = parts;
    return status;
}

void msvc__multipart_clear(struct msvc__multipart *multipart)
{
    for (size_t i = 0; i < multipart->count; i++) {
        free(multipart->items[i].name);
        msvc__part_clear(&multipart->items[i].part);
    }
    free(multipart->items);
    *multipart = (struct msvc__multipart){ .items = NULL };
}
