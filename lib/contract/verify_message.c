/* SPDX-License-Identifier: MIT */
/*
 * Messages: the provider's own code makes one, and it is held to what the
 * consumer takes. A synchronous one may be any of those that the pact lists;
 * if it is none, the nearest tells what differs.
 */
#include "contract/verify_internal.h"

#include <string.h>

#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"

/* Longest message, and longest metadata. */
#define MESSAGE_LIMIT  ((size_t)16 << 20)
#define METADATA_LIMIT ((size_t)1 << 20)

static int write_states(struct msvc_buffer *out, const struct msvc__interaction *interaction)
{
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, out);
    msvc_json_begin_array(&w);
    for (size_t i = 0; i < interaction->state_count; i++) {
        const struct msvc__state *state = &interaction->states[i];

        msvc_json_begin_object(&w);
        msvc_json_member_text(&w, "name", state->name);
        msvc_json_key(&w, "params");
        msvc_json_raw(&w, state->params, strlen(state->params));
        msvc_json_end_object(&w);
    }
    msvc_json_end_array(&w);
    return msvc_json_writer_status(&w);
}

static int write_metadata(struct msvc_buffer *out, const struct msvc__part *part)
{
    if (part->metadata != NULL)
        return msvc__canonical(out, msvc_json_root(part->metadata));
    msvc_buffer_text(out, "{}");
    return msvc_buffer_status(out);
}

static void note(struct msvc__result *result, const char *description, int status,
                 const struct msvc_error *err)
{
    msvc__mismatch_add(&result->mismatches,
                       &(struct msvc_contract_mismatch){ .part = "message",
                                                         .path = description,
                                                         .actual = msvc_status_name(status) },
                       "%s%s%s",
                       status == MSVC_ERR_NOT_FOUND ? "the provider does not make this message"
                                                    : "the message could not be made",
                       err->status < 0 ? ": " : "", err->status < 0 ? err->message : "");
}

static int ask(const struct msvc_contract_options *options,
               const struct msvc__interaction *interaction, struct msvc_contract_message *wanted,
               struct msvc_error *err)
{
    struct msvc_buffer states = MSVC_BUFFER_INIT;
    struct msvc_buffer metadata = MSVC_BUFFER_INIT;
    const struct msvc__part *request = &interaction->request;
    bool is_synchronous = interaction->kind == MSVC_PACT_KIND_SYNCHRONOUS_MESSAGE;
    int status = write_states(&states, interaction);

    if (status == 0)
        status = write_metadata(&metadata, request);
    wanted->description = interaction->description;
    wanted->states = states.data;
    wanted->request_metadata = metadata.data;
    wanted->request_type = request->content_type;
    if (is_synchronous) {
        wanted->request = request->body != NULL ? request->body : "";
        wanted->request_length = request->body_length;
    }
    msvc_error_set(err, 0, MSVC__CONTRACT, 0, " ");
    if (status == 0)
        status = options->message(wanted, options->user, err);
    msvc_buffer_clear(&states);
    msvc_buffer_clear(&metadata);
    return status < 0 ? status : 0;
}

/* The content type is metadata too: those who compare it find it there. */
static int read_metadata(struct msvc__part *out, const struct msvc_contract_message *made,
                         struct msvc_error *err)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status = 0;

    if (made->metadata->length > 0)
        status = msvc__part_set_metadata(out, made->metadata->data, made->metadata->length, err);
    if (status < 0 || made->type->length == 0 || msvc__part_type(out) != NULL)
        return status;
    (void)write_metadata(&text, out);
    msvc_buffer_truncate(&text, text.length - 1); /* the brace */
    msvc_buffer_text(&text, text.length > 1 ? ",\"contentType\":" : "\"contentType\":");
    msvc__canonical_text(&text, made->type->data, made->type->length);
    msvc_buffer_byte(&text, '}');
    status = msvc_buffer_status(&text);
    if (status == 0)
        status = msvc__part_set_metadata(out, text.data, text.length, err);
    msvc_buffer_clear(&text);
    return status;
}

static int read_message(struct msvc__part *out, const struct msvc_contract_message *made,
                        struct msvc_error *err)
{
    int status = msvc_buffer_status(made->body);

    if (status == 0)
        status = msvc_buffer_status(made->metadata);
    if (status == 0)
        status = msvc_buffer_status(made->type);
    if (status == 0)
        status = read_metadata(out, made, err);
    if (status == 0)
        status = msvc__part_set_body(out, made->body->data, made->body->length);
    return status == 0 ? msvc__part_finish(out) : status;
}

static int compare(struct msvc__result *result, const struct msvc__interaction *interaction,
                   const struct msvc__part *actual)
{
    struct msvc__mismatches nearest = { .items = NULL };

    for (size_t i = 0; i < interaction->response_count; i++) {
        struct msvc__mismatches found = { .items = NULL };
        int status = msvc__match(&found, &interaction->responses[i], actual);

        if (status < 0 || (i > 0 && found.found >= nearest.found)) {
            msvc__mismatches_clear(&found);
        } else {
            msvc__mismatches_clear(&nearest);
            nearest = found;
        }
        if (status < 0) {
            msvc__mismatches_clear(&nearest);
            return status;
        }
    }
    result->mismatches = nearest;
    return 0;
}

int msvc__verify_message(struct msvc__result *result, const struct msvc_contract_options *options,
                         const struct msvc__interaction *interaction)
{
    struct msvc_buffer body = { .limit = MESSAGE_LIMIT };
    struct msvc_buffer metadata = { .limit = METADATA_LIMIT };
    struct msvc_buffer type = { .limit = METADATA_LIMIT };
    struct msvc_contract_message wanted = { .body = &body, .type = &type, .metadata = &metadata };
    struct msvc__part actual = { .is_message = true };
    struct msvc_error err;
    int status = MSVC_ERR_UNSUPPORTED;

    if (options->message != NULL)
        status = ask(options, interaction, &wanted, &err);
    else
        (void)msvc_error_set(&err, status, MSVC__CONTRACT, 0, "nobody was there to make it");
    if (status == 0)
        status = read_message(&actual, &wanted, &err);
    if (status == 0)
        status = compare(result, interaction, &actual);
    else if (status != MSVC_ERR_NOMEM)
        note(result, interaction->description, status, &err);
    msvc__part_clear(&actual);
    msvc_buffer_clear(&body);
    msvc_buffer_clear(&type);
    msvc_buffer_clear(&metadata);
    return status == MSVC_ERR_NOMEM ? status : 0;
}
