/* SPDX-License-Identifier: MIT */
/*
 * An answer is two blocks: the struct with its header list and all header
 * text behind it, and the body.
 */
#include <msvc/http.h>

#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"

struct msvc_http_answer {
    int status;
    char *body;
    size_t length;
    struct msvc_header headers[]; /* ended by a NULL name; their text follows */
};

static size_t count_headers(const struct msvc_header *headers, size_t *text_size)
{
    size_t count = 0;

    *text_size = 0;
    for (; headers != NULL && headers[count].name != NULL; count++)
        *text_size += strlen(headers[count].name) + strlen(headers[count].value) + 2;
    return count;
}

/* Copies text with its NUL, and moves *at behind it. */
static const char *put(char **at, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*at, text, size);

    *at += size;
    return copy;
}

int msvc_http_answer_new(struct msvc_http_answer **out, int status,
                         const struct msvc_header *headers, const void *body, size_t length)
{
    struct msvc_http_answer *answer;
    size_t text_size;
    size_t count;
    char *text;

    if (out == NULL || (body == NULL && length > 0))
        return MSVC_ERR_INVALID;
    count = count_headers(headers, &text_size);
    answer = msvc__new(sizeof(*answer) + (count + 1) * sizeof(answer->headers[0]) + text_size);
    if (answer == NULL)
        return MSVC_ERR_NOMEM;
    answer->body = msvc__copy_bytes(body, length);
    if (answer->body == NULL) {
        free(answer);
        return MSVC_ERR_NOMEM;
    }
    answer->status = status;
    answer->length = length;
    text = (char *)&answer->headers[count + 1];
    for (size_t i = 0; i < count; i++) {
        answer->headers[i].name = put(&text, headers[i].name);
        answer->headers[i].value = put(&text, headers[i].value);
    }
    *out = answer;
    return 0;
}

int msvc_http_answer_status(const struct msvc_http_answer *answer)
{
    return answer != NULL ? answer->status : MSVC_ERR_INVALID;
}

const char *msvc_http_answer_header(const struct msvc_http_answer *answer, const char *name,
                                    size_t index)
{
    return answer != NULL ? msvc_header_find(answer->headers, name, index) : NULL;
}

const struct msvc_header *msvc_http_answer_headers(const struct msvc_http_answer *answer)
{
    return answer != NULL ? answer->headers : NULL;
}

const char *msvc_http_answer_body(const struct msvc_http_answer *answer, size_t *length)
{
    if (length != NULL)
        *length = answer != NULL ? answer->length : 0;
    return answer != NULL ? answer->body : NULL;
}

void msvc_http_answer_free(struct msvc_http_answer *answer)
{
    if (answer == NULL)
        return;
    free(answer->body);
    free(answer);
}
