/* SPDX-License-Identifier: MIT */
/*
 * What a message holds: contents and metadata. Version 3 writes it into the
 * interaction; version 4 too when nobody answers, and as request and responses
 * when somebody does.
 */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"
#include "contract/model_internal.h"

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
}

int msvc__part_set_metadata(struct msvc__part *part, const char *json, size_t length,
                            struct msvc_error *err)
{
    struct msvc_json_document *document = NULL;
    int status = msvc_json_parse(&document, json, length, NULL, err);

    if (status < 0)
        return status;
    if (msvc_json_type(msvc_json_root(document)) != MSVC_JSON_OBJECT) {
        msvc_json_free(document);
        return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0,
                              "expected metadata to be an object");
    }
    msvc_json_free(part->metadata);
    part->metadata = document;
    return 0;
}

static int read_metadata(struct msvc__part *part, const struct msvc_json *json,
                         struct msvc_error *err)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status;

    if (json == NULL || msvc_json_type(json) == MSVC_JSON_NULL)
        return 0;
    status = msvc__canonical(&text, json);
    if (status == 0)
        status = msvc__part_set_metadata(part, text.data, text.length, err);
    else
        (void)no_memory(err);
    msvc_buffer_clear(&text);
    return status;
}

static const struct msvc_json *either(const struct msvc_json *json, const char *name,
                                      const char *other)
{
    const struct msvc_json *member = msvc_json_member(json, name);

    return member != NULL ? member : msvc_json_member(json, other);
}

static int read_into(struct msvc__part *part, const struct msvc_json *json, unsigned version,
                     struct msvc_error *err)
{
    const struct msvc_json *contents = either(json, "contents", "content");
    int status = read_metadata(part, either(json, "metadata", "metaData"), err);

    if (status == 0)
        status = version >= 4 ? msvc__body_read_v4(part, contents, err)
                              : msvc__body_read(part, contents, err);
    if (status == 0)
        status = msvc__rules_read(&part->rules, msvc_json_member(json, "matchingRules"), err);
    if (status == 0)
        status =
            msvc__generators_read(&part->generators, msvc_json_member(json, "generators"), err);
    if (status == 0 && msvc__part_finish(part) < 0)
        status = no_memory(err);
    return status;
}

int msvc__message_read(struct msvc__part *out, const struct msvc_json *json, unsigned version,
                       struct msvc_error *err)
{
    struct msvc__part part = { .is_message = true };
    int status;

    if (msvc_json_type(json) != MSVC_JSON_OBJECT)
        status = msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0,
                                "expected a message to be an object");
    else
        status = read_into(&part, json, version, err);
    if (status < 0)
        msvc__part_clear(&part);
    else
        *out = part;
    return status;
}
