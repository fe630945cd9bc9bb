/* SPDX-License-Identifier: MIT */
/* Lines of "name: value" through the guard: what it lets through has one length at most. */
#include <string.h>

#include "fuzz.h"
#include "http/token_internal.h"
#include "http_server/guard_internal.h"

#define HEADERS_MAX 20

const char *const fuzz_seeds[] = {
    "Host: a\nContent-Length: 12\n",
    "Host: a\nTransfer-Encoding: chunked\nExpect: 100-continue\n",
    "host: [::1]:80\ncontent-length: 1\nCONTENT-LENGTH: 1\n",
    "Host: a\nContent-Length: +1\nX: \t\n",
    NULL,
};

/* In place; lines without a colon have an empty value. */
static void split(struct msvc_header *headers, char *text)
{
    size_t count = 0;

    while (text != NULL && *text != '\0' && count < HEADERS_MAX) {
        char *next = strchr(text, '\n');
        char *value;

        if (next != NULL)
            *next++ = '\0';
        value = strchr(text, ':');
        if (value != NULL)
            *value++ = '\0';
        headers[count++] =
            (struct msvc_header){ text, value != NULL ? value + (*value == ' ') : "" };
        text = next;
    }
}

static void check(const struct guard_verdict *v, const struct msvc_header *headers)
{
    bool has_length = msvc_header_find(headers, "Content-Length", 0) != NULL;
    bool has_coding = msvc_header_find(headers, "Transfer-Encoding", 0) != NULL;

    FUZZ_CHECK(!(has_length && has_coding));
    FUZZ_CHECK(msvc_header_find(headers, "Content-Length", 1) == NULL);
    FUZZ_CHECK(msvc_header_find(headers, "Transfer-Encoding", 1) == NULL);
    FUZZ_CHECK(msvc_header_find(headers, "Host", 0) != NULL);
    FUZZ_CHECK(msvc_header_find(headers, "Host", 1) == NULL);
    FUZZ_CHECK(has_coding || v->has_body == (v->content_length > 0));
    for (; headers->name != NULL; headers++)
        FUZZ_CHECK(msvc__http_is_token(headers->name) && msvc__http_is_field_value(headers->value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct msvc_header headers[HEADERS_MAX + 1] = { { NULL, NULL } };
    struct guard_verdict verdict;
    char *text = malloc(size + 1);

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    split(headers, text);
    msvc__guard(&verdict, "GET", "HTTP/1.1", headers);
    FUZZ_CHECK((verdict.status != 0) == (verdict.detail != NULL));
    if (verdict.status == 0)
        check(&verdict, headers);
    free(text);
    return 0;
}
