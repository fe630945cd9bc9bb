/* SPDX-License-Identifier: MIT */
/* Bodies, and examples of any value: in versions 3 and 4. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"
#include "contract/compose_internal.h"
#include "contract/model_internal.h"
#include "message/base64_internal.h"

int msvc__as_invalid(int status, struct msvc_error *err)
{
    if (status != MSVC_ERR_MALFORMED)
        return status;
    if (err != NULL)
        err->status = MSVC_ERR_INVALID;
    return MSVC_ERR_INVALID;
}

int msvc__draft_invalid(struct msvc__draft *d, const char *what)
{
    return msvc_error_set(d->err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0, "expected %s", what);
}

static int no_memory(struct msvc__draft *d)
{
    return msvc_error_set(d->err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
}

static int parse(struct msvc_json_document **out, struct msvc__draft *d,
                 const struct msvc_pact_value *value)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_json_writer w;
    int status;

    msvc_json_writer_init(&w, &text);
    status = msvc__value_write(&w, value, d->err);
    if (status == 0 && msvc_json_writer_status(&w) == MSVC_ERR_NOMEM)
        status = no_memory(d);
    if (status == 0)
        status = msvc_json_parse(out, text.data, text.length, NULL, d->err);
    msvc_buffer_clear(&text);
    return msvc__as_invalid(status, d->err);
}

int msvc__draft_value(struct msvc__draft *d, enum msvc__section section, const char *key,
                      const struct msvc_pact_value *value)
{
    struct msvc_json_document *document = NULL;
    int status = parse(&document, d, value);

    if (status == 0)
        status = msvc__integration_split(&d->w, &d->statement, section, key,
                                         msvc_json_root(document), d->err);
    msvc_json_free(document);
    return status;
}

const char *msvc__draft_type(const struct msvc_pact_value *body)
{
    switch (body->kind) {
    case MSVC_PACT_ABSENT:
        return NULL;
    case MSVC_PACT_TEXT_VALUE:
        return "text/plain";
    case MSVC_PACT_BYTES_VALUE:
        return "application/octet-stream";
    default:
        return "application/json";
    }
}

static void base_type(char out[128], const char *type)
{
    size_t length = strcspn(type, "; \t");

    if (length > 127)
        length = 127;
    for (size_t i = 0; i < length; i++)
        out[i] = (char)(type[i] >= 'A' && type[i] <= 'Z' ? type[i] + 32 : type[i]);
    out[length] = '\0';
}

static void write_base64(struct msvc__draft *d, const struct msvc_pact_value *body)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    msvc__base64_append(&text, body->text, body->length);
    if (msvc_buffer_status(&text) == 0)
        msvc_json_text_n(&d->w, text.length > 0 ? text.data : "", text.length);
    else
        d->w.status = MSVC_ERR_NOMEM;
    msvc_buffer_clear(&text);
}

/* Version 3 has no place to say that a text is base64: only the content type tells. */
static int write_bytes(struct msvc__draft *d, const char *type, const struct msvc_pact_value *body)
{
    if (body->text == NULL)
        return msvc__draft_invalid(d, "bytes, found NULL");
    if (d->version == 3 && !msvc__type_is_binary(type))
        return msvc__draft_invalid(d, "the Content-Type of bytes to be one of bytes in version 3");
    write_base64(d, body);
    return 0;
}

/* A text that is JSON stands in the file as JSON, not as a text with quotes. */
static int write_json_text(struct msvc__draft *d, const struct msvc_pact_value *body)
{
    struct msvc_pact_value json = *body;

    json.kind = MSVC_PACT_JSON_VALUE;
    return msvc__draft_value(d, MSVC__SECTION_BODY, "$", &json);
}

/* In version 3 a JSON text keeps its quotes, so that nobody takes it for what is in it. */
static int write_json(struct msvc__draft *d, const struct msvc_pact_value *body)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_json_writer outer = d->w;
    int status;

    if (d->version >= 4)
        return msvc__draft_value(d, MSVC__SECTION_BODY, "$", body);
    msvc_json_writer_init(&d->w, &text);
    status = msvc__draft_value(d, MSVC__SECTION_BODY, "$", body);
    if (status == 0 && msvc_json_writer_status(&d->w) < 0)
        status = no_memory(d);
    d->w = outer;
    if (status == 0 && text.data[0] == '"')
        msvc_json_text_n(&d->w, text.data, text.length);
    else if (status == 0)
        msvc_json_raw(&d->w, text.data, text.length);
    msvc_buffer_clear(&text);
    return status;
}

static int write_content(struct msvc__draft *d, const char *type,
                         const struct msvc_pact_value *body)
{
    char base[128];

    base_type(base, type);
    if (body->kind == MSVC_PACT_BYTES_VALUE)
        return write_bytes(d, base, body);
    if (body->kind != MSVC_PACT_TEXT_VALUE)
        return write_json(d, body);
    if (msvc__type_is_json(base) && body->rule == NULL)
        return write_json_text(d, body);
    return msvc__draft_value(d, MSVC__SECTION_BODY, "$", body);
}

int msvc__draft_body(struct msvc__draft *d, const char *member, const char *type,
                     const struct msvc_pact_value *body)
{
    int status;

    if (body->kind == MSVC_PACT_ABSENT)
        return 0;
    if (type == NULL)
        type = msvc__draft_type(body);
    msvc_json_key(&d->w, member);
    if (d->version < 4)
        return write_content(d, type, body);
    msvc_json_begin_object(&d->w);
    msvc_json_member_text(&d->w, "contentType", type);
    if (body->kind == MSVC_PACT_BYTES_VALUE)
        msvc_json_member_text(&d->w, "encoded", "base64");
    else
        msvc_json_member_bool(&d->w, "encoded", false);
    msvc_json_key(&d->w, "content");
    status = write_content(d, type, body);
    msvc_json_end_object(&d->w);
    return status;
}
