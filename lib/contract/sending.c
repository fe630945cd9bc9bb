/* SPDX-License-Identifier: MIT */
/* Makes a request of a pact into one that goes over a wire. */
#include "contract/verify_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"

#define UNRESERVED "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"

static bool is_escape(const char *text)
{
    return text[0] == '%' && isxdigit((unsigned char)text[1]) && isxdigit((unsigned char)text[2]);
}

/* What is encoded already stays so in a path: every implementation writes down what its consumer
 * sent. */
static void encode(struct msvc_buffer *out, const char *text, const char *also, bool keeps_escapes)
{
    for (; *text != '\0'; text++) {
        if (strchr(UNRESERVED, *text) != NULL || strchr(also, *text) != NULL ||
            (keeps_escapes && is_escape(text)))
            msvc_buffer_byte(out, *text);
        else
            msvc_buffer_printf(out, "%%%02X", (unsigned char)*text);
    }
}

static void write_target(struct msvc_buffer *out, const struct msvc__part *request)
{
    if (request->path[0] != '/')
        msvc_buffer_byte(out, '/');
    encode(out, request->path, "/:@!$&'()*+,;=", true);
    if (request->query_text != NULL && request->query_text[0] != '\0') {
        msvc_buffer_byte(out, '?');
        encode(out, request->query_text, "%/:@!$&'()*+,;=?[]", false);
        return;
    }
    for (size_t i = 0; i < request->query.count; i++) {
        msvc_buffer_byte(out, i == 0 ? '?' : '&');
        encode(out, request->query.items[i].name, "", false);
        msvc_buffer_byte(out, '=');
        encode(out, request->query.items[i].value, "", false);
    }
}

static int add_header(struct msvc__sending *s, const char *name, const char *value)
{
    if (strcasecmp(name, "Content-Type") == 0) {
        free(s->content_type);
        s->content_type = msvc__copy_text(value);
        return s->content_type != NULL ? 0 : MSVC_ERR_NOMEM;
    }
    if (strcasecmp(name, "Content-Length") == 0) /* the transport's */
        return 0;
    return msvc__pairs_add(&s->headers, name, strlen(name), value, strlen(value));
}

static int add_headers(struct msvc__sending *s, const struct msvc_contract_options *options,
                       const char *description, const struct msvc__pairs *pact)
{
    const struct msvc_header *own = options->headers;
    int status = 0;

    for (size_t i = 0; status == 0 && i < pact->count; i++) {
        const char *name = pact->items[i].name;
        const char *value = pact->items[i].value;

        if (msvc_header_find(own, name, 0) != NULL)
            continue;
        if (options->header != NULL)
            value = options->header(description, name, value, options->user);
        if (value != NULL)
            status = add_header(s, name, value);
    }
    for (; status == 0 && own != NULL && own->name != NULL; own++)
        status = add_header(s, own->name, own->value);
    return status;
}

int msvc__sending_make(struct msvc__sending *s, const struct msvc_contract_options *options,
                       const char *description, const struct msvc__part *request)
{
    int status;

    *s = (struct msvc__sending){ .target = MSVC_BUFFER_INIT };
    write_target(&s->target, request);
    status = msvc_buffer_status(&s->target);
    if (status == 0)
        status = add_headers(s, options, description, &request->headers);
    if (status == 0 && s->content_type == NULL && request->body_state == MSVC__BODY_PRESENT)
        status = add_header(s, "Content-Type", request->content_type);
    return status;
}

void msvc__sending_clear(struct msvc__sending *s)
{
    msvc_buffer_clear(&s->target);
    msvc__pairs_clear(&s->headers);
    free(s->content_type);
}
