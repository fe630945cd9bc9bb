/* SPDX-License-Identifier: MIT */
/* A request as a curl command: whoever reads a report may repeat it, but learns no secret. */
#include "contract/verify_internal.h"

#include <string.h>
#include <strings.h>

#include <msvc/url.h>

/* For a POSIX shell. */
static void quote(struct msvc_buffer *out, const char *text)
{
    msvc_buffer_byte(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            msvc_buffer_text(out, "'\\''");
        else
            msvc_buffer_byte(out, *text);
    }
    msvc_buffer_byte(out, '\'');
}

static bool is_secret(const char *name)
{
    static const char *const names[] = { "Authorization", "Cookie", "Proxy-Authorization",
                                         "X-Api-Key" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static void write_curl_header(struct msvc_buffer *out, const char *name, const char *value)
{
    struct msvc_buffer line = MSVC_BUFFER_INIT;

    msvc_buffer_printf(&line, "%s: %s", name, is_secret(name) ? "***" : value);
    msvc_buffer_text(out, " -H ");
    quote(out, line.data != NULL ? line.data : "");
    msvc_buffer_clear(&line);
}

/* Whoever passes a URL may have put a password into it; the report is for everybody. */
static void write_base(struct msvc_buffer *out, const char *base)
{
    struct msvc_url *url = NULL;

    if (base != NULL && msvc_url_parse(&url, base, NULL) == 0)
        msvc_buffer_text(out, msvc_url_redacted(url));
    else
        msvc_buffer_text(out, "http://provider");
    msvc_url_free(url);
}

char *msvc__sending_curl(const struct msvc__sending *s, const char *base_url,
                         const struct msvc__part *request)
{
    struct msvc_buffer line = MSVC_BUFFER_INIT;
    struct msvc_buffer url = MSVC_BUFFER_INIT;
    char *text;

    write_base(&url, base_url);
    msvc_buffer_bytes(&url, s->target.data, s->target.length);
    msvc_buffer_printf(&line, "curl -i -X %s ", request->method);
    quote(&line, url.data != NULL ? url.data : "");
    for (size_t i = 0; i < s->headers.count; i++)
        write_curl_header(&line, s->headers.items[i].name, s->headers.items[i].value);
    if (request->body_state == MSVC__BODY_PRESENT) {
        write_curl_header(&line, "Content-Type", s->content_type);
        msvc_buffer_text(&line, " --data-binary ");
        quote(&line, request->body);
    }
    text = msvc_buffer_status(&line) == 0 ? msvc_buffer_steal(&line) : NULL;
    msvc_buffer_clear(&line);
    msvc_buffer_clear(&url);
    return text;
}
