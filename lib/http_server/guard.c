/* SPDX-License-Identifier: MIT */
#include "http_server/guard_internal.h"

#include <string.h>
#include <strings.h>

#include "http/token_internal.h"

#define LENGTH_DIGITS_MAX 18
#define METHOD_MAX        32

static const char *check_lines(const struct msvc_header *headers)
{
    for (; headers->name != NULL; headers++) {
        if (!msvc__http_is_token(headers->name))
            return "a header name is no token";
        if (!msvc__http_is_field_value(headers->value))
            return "a header value has control characters";
    }
    return NULL;
}

/* Letters, digits, and what a host, a port or an IPv6 address has besides. */
static bool is_host(const char *host)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-._~:[]%!$&'()*+;=";

    return strspn(host, allowed) == strlen(host);
}

static const char *check_host(const char *version, const struct msvc_header *headers)
{
    const char *host = msvc_header_find(headers, "Host", 0);

    if (host == NULL)
        return strcmp(version, "HTTP/1.0") == 0 ? NULL : "there is no Host header";
    if (msvc_header_find(headers, "Host", 1) != NULL)
        return "there are two Host headers";
    return is_host(host) ? NULL : "the Host header is no host";
}

static const char *check_length(struct guard_verdict *v, const struct msvc_header *headers)
{
    const char *text = msvc_header_find(headers, "Content-Length", 0);

    if (text == NULL)
        return NULL;
    if (msvc_header_find(headers, "Content-Length", 1) != NULL)
        return "there are two Content-Length headers";
    if (*text == '\0' || strspn(text, "0123456789") != strlen(text) ||
        strlen(text) > LENGTH_DIGITS_MAX)
        return "the Content-Length is no number";
    for (; *text != '\0'; text++)
        v->content_length = v->content_length * 10 + (uint64_t)(*text - '0');
    v->has_body = v->content_length > 0;
    return NULL;
}

static const char *check_coding(struct guard_verdict *v, const char *version,
                                const struct msvc_header *headers)
{
    const char *coding = msvc_header_find(headers, "Transfer-Encoding", 0);

    if (coding == NULL)
        return NULL;
    if (msvc_header_find(headers, "Content-Length", 0) != NULL)
        return "there are both Content-Length and Transfer-Encoding";
    if (msvc_header_find(headers, "Transfer-Encoding", 1) != NULL)
        return "there are two Transfer-Encoding headers";
    if (strcmp(version, "HTTP/1.0") == 0)
        return "HTTP/1.0 has no Transfer-Encoding";
    if (strcasecmp(coding, "chunked") != 0)
        return "the Transfer-Encoding is not chunked";
    v->has_body = true;
    return NULL;
}

static const char *check_framing(struct guard_verdict *v, const char *version,
                                 const struct msvc_header *headers)
{
    const char *problem = check_lines(headers);

    if (problem == NULL)
        problem = check_host(version, headers);
    if (problem == NULL)
        problem = check_length(v, headers);
    if (problem == NULL)
        problem = check_coding(v, version, headers);
    return problem;
}

static void refuse(struct guard_verdict *v, int status, const char *detail)
{
    v->status = status;
    v->detail = detail;
}

void msvc__guard(struct guard_verdict *out, const char *method, const char *version,
                 const struct msvc_header *headers)
{
    const char *expect = msvc_header_find(headers, "Expect", 0);

    *out = (struct guard_verdict){ 0 };
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0) {
        refuse(out, 505, "the version is neither HTTP/1.1 nor HTTP/1.0");
        return;
    }
    if (!msvc__http_is_token(method) || strlen(method) > METHOD_MAX) {
        refuse(out, 400, "the method is no token of at most 32 characters");
        return;
    }
    out->detail = check_framing(out, version, headers);
    if (out->detail != NULL)
        out->status = 400;
    else if (expect != NULL && strcasecmp(expect, "100-continue") != 0)
        refuse(out, 417, "the expectation is not 100-continue");
}
