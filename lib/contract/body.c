/* SPDX-License-Identifier: MIT */
/*
 * Bodies as files of any version write them. One that is absent, empty or null
 * is three different things, and only a file can tell the three apart.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"
#include "contract/content_internal.h"
#include "contract/model_internal.h"
#include "contract/xml_internal.h"
#include "message/base64_internal.h"

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
}

static int malformed(struct msvc_error *err, const char *what)
{
    return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0, "expected %s", what);
}

bool msvc__type_is_json(const char *type)
{
    size_t length = strlen(type);

    return length >= 4 && strcmp(type + length - 4, "json") == 0;
}

bool msvc__type_is_binary(const char *type)
{
    static const char *const families[] = { "audio/", "font/", "image/", "video/", "multipart/" };
    static const char *const types[] = {
        "application/gzip",         "application/octet-stream", "application/pdf",
        "application/protobuf",     "application/zip",          "application/x-gzip",
        "application/x-protobuf",   "application/x-tar",        "application/x-7z-compressed",
        "application/x-compressed", "application/grpc",
    };

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        if (strncmp(type, families[i], strlen(families[i])) == 0)
            return strcmp(type, "multipart/mixed") != 0 && strcmp(type, "image/svg+xml") != 0;
    }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(type, types[i]) == 0)
            return true;
    }
    return false;
}

static const char *metadata_type(const struct msvc__part *part)
{
    const struct msvc_json *one = msvc_json_first(msvc_json_root(part->metadata));

    for (; one != NULL; one = msvc_json_next(one)) {
        const char *name = msvc_json_name(one, NULL);

        if (strcasecmp(name, "contentType") == 0 || strcasecmp(name, "content-type") == 0)
            return msvc_json_string(one, NULL);
    }
    return NULL;
}

const char *msvc__part_type(const struct msvc__part *part)
{
    if (part->declared_type != NULL)
        return part->declared_type;
    return part->is_message ? metadata_type(part)
                            : msvc_header_find(part->headers.items, "Content-Type", 0);
}

/* What is declared, without parameters and in lower case. */
static void read_content_type(char out[128], const struct msvc__part *part)
{
    const char *type = msvc__part_type(part);
    size_t length = type != NULL ? strcspn(type, "; \t") : 0;

    if (length >= 128)
        length = 127;
    for (size_t i = 0; i < length; i++)
        out[i] = (char)tolower((unsigned char)type[i]);
    out[length] = '\0';
}

/* What a text in a file stands for. */
enum encoding {
    ENCODING_OF_TYPE, /* versions 1 to 3: the content type tells */
    ENCODING_NONE,
    ENCODING_BASE64,
    ENCODING_JSON, /* JSON, written as a text */
};

/* Versions 1 to 3 have bytes in base64, and JSON that is a text without its quotes, or with. */
static void append_by_type(struct msvc_buffer *out, const char *type, const char *text,
                           size_t length)
{
    if (msvc__type_is_json(type) && text[0] != '{' && text[0] != '"')
        msvc__canonical_text(out, text, length);
    else if (!msvc__type_is_binary(type) || !msvc__base64_decode(out, text, length))
        msvc_buffer_bytes(out, text, length);
}

static int append_text(struct msvc_buffer *out, const char *type, enum encoding encoding,
                       const char *text, size_t length, struct msvc_error *err)
{
    switch (encoding) {
    case ENCODING_OF_TYPE:
        append_by_type(out, type, text, length);
        break;
    case ENCODING_BASE64:
        if (!msvc__base64_decode(out, text, length) && msvc_buffer_status(out) == 0)
            return malformed(err, "the content of a body that is encoded in base64 to be that");
        break;
    case ENCODING_NONE:
        if (msvc__type_is_json(type)) {
            msvc__canonical_text(out, text, length);
            break;
        }
        msvc_buffer_bytes(out, text, length);
        break;
    case ENCODING_JSON:
        msvc_buffer_bytes(out, text, length);
    }
    return 0;
}

static int read_content(struct msvc__part *part, const struct msvc_json *content,
                        enum encoding encoding, struct msvc_error *err)
{
    struct msvc_buffer bytes = MSVC_BUFFER_INIT;
    size_t length = 0;
    const char *text = msvc_json_string(content, &length);
    char type[128];
    int status = 0;

    if (content == NULL)
        return 0;
    part->body_state = MSVC__BODY_NULL;
    if (msvc_json_type(content) == MSVC_JSON_NULL)
        return 0;
    part->body_state = text != NULL && length == 0 ? MSVC__BODY_EMPTY : MSVC__BODY_PRESENT;
    read_content_type(type, part);
    if (text == NULL)
        (void)msvc__canonical(&bytes, content);
    else if (length > 0)
        status = append_text(&bytes, type, encoding, text, length, err);
    part->body_length = bytes.length;
    if (status == 0 && msvc_buffer_status(&bytes) == 0)
        part->body = bytes.data != NULL ? msvc_buffer_steal(&bytes) : msvc__copy_bytes("", 0);
    msvc_buffer_clear(&bytes);
    return status < 0 ? status : part->body != NULL ? 0 : no_memory(err);
}

int msvc__body_read(struct msvc__part *part, const struct msvc_json *body, struct msvc_error *err)
{
    return read_content(part, body, ENCODING_OF_TYPE, err);
}

static int read_encoding(enum encoding *out, const struct msvc_json *encoded,
                         struct msvc_error *err)
{
    const char *name = msvc_json_string(encoded, NULL);

    if (encoded == NULL || msvc_json_type(encoded) == MSVC_JSON_FALSE)
        *out = ENCODING_NONE;
    else if (msvc_json_type(encoded) == MSVC_JSON_TRUE ||
             (name != NULL && strcasecmp(name, "base64") == 0))
        *out = ENCODING_BASE64;
    else if (name != NULL && strcasecmp(name, "json") == 0)
        *out = ENCODING_JSON;
    else
        return malformed(err, "encoded of a body to be false, \"base64\" or \"JSON\"");
    return 0;
}

static enum msvc__body_hint read_hint(const struct msvc_json *json)
{
    const char *hint = msvc_json_string(json, NULL);

    if (hint == NULL)
        return MSVC__HINT_NONE;
    if (strcasecmp(hint, "BINARY") == 0)
        return MSVC__HINT_BINARY;
    return strcasecmp(hint, "TEXT") == 0 ? MSVC__HINT_TEXT : MSVC__HINT_NONE;
}

int msvc__body_read_v4(struct msvc__part *part, const struct msvc_json *body,
                       struct msvc_error *err)
{
    const char *type = msvc_json_string(msvc_json_member(body, "contentType"), NULL);
    enum encoding encoding = ENCODING_NONE;
    int status;

    if (body == NULL)
        return 0;
    if (msvc_json_type(body) == MSVC_JSON_NULL)
        return read_content(part, body, ENCODING_NONE, err);
    if (msvc_json_type(body) != MSVC_JSON_OBJECT)
        return malformed(err, "a body of version 4 to be an object with content");
    part->body_hint = read_hint(msvc_json_member(body, "contentTypeHint"));
    part->declared_type = msvc__copy_text(type);
    if (type != NULL && part->declared_type == NULL)
        return no_memory(err);
    status = read_encoding(&encoding, msvc_json_member(body, "encoded"), err);
    if (status < 0)
        return status;
    return read_content(part, msvc_json_member(body, "content"), encoding, err);
}

int msvc__part_set_body(struct msvc__part *part, const void *body, size_t length)
{
    part->body = msvc__copy_bytes(length > 0 ? body : "", length);
    if (part->body == NULL)
        return MSVC_ERR_NOMEM;
    part->body_length = length;
    part->body_state = length > 0 ? MSVC__BODY_PRESENT : MSVC__BODY_EMPTY;
    return 0;
}

int msvc__part_finish(struct msvc__part *part)
{
    int status = 0;

    read_content_type(part->content_type, part);
    if (part->body_state != MSVC__BODY_PRESENT)
        return 0;
    if (part->content_type[0] == '\0' || msvc__type_is_json(part->content_type))
        status = msvc_json_parse(&part->json, part->body, part->body_length, NULL, NULL);
    if (part->content_type[0] == '\0')
        (void)snprintf(part->content_type, sizeof(part->content_type), "%s",
                       part->json != NULL ? "application/json"
                                          : msvc__content_detect(part->body, part->body_length));
    if (msvc__xml_is_type(part->content_type))
        status = msvc__xml_parse(&part->xml, part->body, part->body_length, NULL);
    return status == MSVC_ERR_NOMEM ? status : 0;
}
