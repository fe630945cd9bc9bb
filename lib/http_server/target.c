/* SPDX-License-Identifier: MIT */
#include "http_server/target_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/utf8_internal.h"
#include "http/token_internal.h"

/* Decodes in place; a NUL would end the text early and is refused. Returns the new length, or -1.
 */
static long decode(char *text, bool is_query)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        if (*from == '%') {
            int byte = msvc__http_hex(from[1]) << 4 | msvc__http_hex(from[2]);

            if (byte == 0)
                return -1;
            *to++ = (char)byte;
            from += 2;
        } else {
            *to++ = is_query && *from == '+' ? ' ' : *from;
        }
    }
    *to = '\0';
    return to - text;
}

static bool has_encoded_slash(const char *path)
{
    for (; *path != '\0'; path++) {
        if (path[0] == '%' && ((path[1] == '2' && (path[2] == 'f' || path[2] == 'F')) ||
                               (path[1] == '5' && (path[2] == 'c' || path[2] == 'C'))))
            return true;
    }
    return false;
}

static bool has_dot_segment(const char *path)
{
    while (*path == '/') {
        size_t length = strcspn(++path, "/");

        if ((length == 1 && path[0] == '.') || (length == 2 && path[0] == '.' && path[1] == '.'))
            return true;
        path += length;
    }
    return false;
}

static const char *decode_path(char *path)
{
    long length;

    if (has_encoded_slash(path))
        return "the path has an encoded slash or backslash";
    length = decode(path, false);
    if (length < 0)
        return "the path has an encoded NUL";
    if (has_dot_segment(path))
        return "the path has a segment '.' or '..'";
    if (!msvc__utf8_is_valid(path, (size_t)length))
        return "the decoded path is not UTF-8";
    if (!msvc__http_is_field_value(path))
        return "the path has an encoded control character";
    return NULL;
}

static const char *decode_value(char *text)
{
    long length = decode(text, true);

    if (length < 0)
        return "the query has an encoded NUL";
    if (!msvc__utf8_is_valid(text, (size_t)length))
        return "the decoded query is not UTF-8";
    return NULL;
}

static size_t count_pairs(const char *query)
{
    size_t count = *query != '\0';

    for (; *query != '\0'; query++)
        count += *query == '&';
    return count;
}

/* Cuts query into pairs; returns what is wrong. */
static const char *split_query(struct target *t, char *query)
{
    const char *problem = NULL;

    while (query != NULL && problem == NULL) {
        char *next = strchr(query, '&');
        char *value;

        if (next != NULL)
            *next++ = '\0';
        value = strchr(query, '=');
        if (value != NULL)
            *value++ = '\0';
        if (*query != '\0' || value != NULL) {
            problem = decode_value(query);
            if (problem == NULL && value != NULL)
                problem = decode_value(value);
            t->pairs[t->pair_count++] =
                (struct query_pair){ query, value != NULL ? value : query + strlen(query) };
        }
        query = next;
    }
    return problem;
}

/* One block: the pairs, then the target twice, as sent and to be decoded. */
static int parse(struct target *t, const char *text, const char **problem)
{
    size_t size = strlen(text) + 1;
    const char *query = strchr(text, '?');
    size_t pairs = query != NULL ? count_pairs(query + 1) : 0;
    char *decoded;

    if (pairs > MSVC__HTTP_QUERY_MAX) {
        *problem = "the query has more than 256 pairs";
        return MSVC_ERR_MALFORMED;
    }
    t->pairs = msvc__new(pairs * sizeof(t->pairs[0]) + 2 * size);
    if (t->pairs == NULL)
        return MSVC_ERR_NOMEM;
    t->raw_path = memcpy(&t->pairs[pairs], text, size);
    decoded = memcpy(t->raw_path + size, text, size);
    t->path = decoded;
    if (query != NULL) {
        size_t at = (size_t)(query - text);

        t->raw_path[at] = '\0';
        t->raw_query = t->raw_path + at + 1;
        decoded[at] = '\0';
        *problem = split_query(t, decoded + at + 1);
    }
    if (*problem == NULL)
        *problem = decode_path(t->path);
    return *problem == NULL ? 0 : MSVC_ERR_MALFORMED;
}

int msvc__target_parse(struct target *out, const char *text, const char **problem)
{
    struct target t = { 0 };
    int status;

    *problem = NULL;
    if (!msvc__http_is_target(text)) {
        *problem = "the target is no encoded path that starts with '/'";
        return MSVC_ERR_MALFORMED;
    }
    status = parse(&t, text, problem);
    if (status < 0)
        msvc__target_clear(&t);
    else
        *out = t;
    return status;
}

void msvc__target_clear(struct target *t)
{
    free(t->pairs);
    *t = (struct target){ 0 };
}
