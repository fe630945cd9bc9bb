/* SPDX-License-Identifier: MIT */
/*
 * Interactions of all kinds, as their consumer states them. What is written
 * here is read like a file; what cannot be read is the caller's mistake.
 */
#include <msvc/contract.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/options_internal.h"
#include "contract/compose_internal.h"
#include "contract/model_internal.h"

/* What all kinds have in common. */
struct heading {
    enum msvc_pact_kind kind;
    const char *description;
    const struct msvc_pact_state *states;
    const struct msvc_pact_remarks *remarks;
};

typedef int write_parts_fn(struct msvc__draft *d, const void *stated);

static int write_states(struct msvc__draft *d, const struct msvc_pact_state *states)
{
    int status = 0;

    if (states == NULL || states->name == NULL)
        return 0;
    msvc_json_key(&d->w, "providerStates");
    msvc_json_begin_array(&d->w);
    for (; status == 0 && states->name != NULL; states++) {
        msvc_json_begin_object(&d->w);
        msvc_json_member_text(&d->w, "name", states->name);
        if (states->params != NULL) {
            msvc_json_key(&d->w, "params");
            status = msvc__value_write_json(&d->w, states->params, d->err);
        }
        msvc_json_end_object(&d->w);
    }
    msvc_json_end_array(&d->w);
    return status;
}

static bool is_in_group(const struct msvc_pact_reference *first,
                        const struct msvc_pact_reference *one)
{
    for (; first != one; first++) {
        if (strcmp(first->group, one->group) == 0)
            return true;
    }
    return false;
}

/* {"jira":{"ticket":"SHOP-1"}}: each group once. */
static void write_references(struct msvc__draft *d, const struct msvc_pact_reference *references)
{
    msvc_json_key(&d->w, "references");
    msvc_json_begin_object(&d->w);
    for (const struct msvc_pact_reference *one = references; one->group != NULL; one++) {
        if (is_in_group(references, one))
            continue;
        msvc_json_key(&d->w, one->group);
        msvc_json_begin_object(&d->w);
        for (const struct msvc_pact_reference *same = one; same->group != NULL; same++) {
            if (strcmp(same->group, one->group) == 0)
                msvc_json_member_text(&d->w, same->name, same->value);
        }
        msvc_json_end_object(&d->w);
    }
    msvc_json_end_object(&d->w);
}

static void write_comments(struct msvc__draft *d, const struct msvc_pact_remarks *remarks)
{
    msvc_json_key(&d->w, "comments");
    msvc_json_begin_object(&d->w);
    if (remarks->comment != NULL) {
        msvc_json_key(&d->w, "text");
        msvc_json_begin_array(&d->w);
        msvc_json_text(&d->w, remarks->comment);
        msvc_json_end_array(&d->w);
    }
    if (remarks->test_name != NULL)
        msvc_json_member_text(&d->w, "testname", remarks->test_name);
    if (remarks->references != NULL)
        write_references(d, remarks->references);
    msvc_json_end_object(&d->w);
}

static int write_remarks(struct msvc__draft *d, const struct msvc_pact_remarks *remarks)
{
    bool has_comments =
        remarks->comment != NULL || remarks->test_name != NULL || remarks->references != NULL;

    if (d->version < 4 && (has_comments || remarks->is_pending))
        return msvc_error_set(d->err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "remarks are of version 4 of the specification, the pact of 3");
    if (remarks->is_pending)
        msvc_json_member_bool(&d->w, "pending", true);
    if (has_comments)
        write_comments(d, remarks);
    return 0;
}

static int write_heading(struct msvc__draft *d, const struct heading *heading)
{
    int status;

    if (heading->description == NULL)
        return msvc__draft_invalid(d, "a description");
    if (d->version >= 4)
        msvc_json_member_text(&d->w, "type", msvc__kind_name(heading->kind));
    msvc_json_member_text(&d->w, "description", heading->description);
    status = write_states(d, heading->states);
    return status == 0 ? write_remarks(d, heading->remarks) : status;
}

/* Version 3 keeps either requests or messages, and knows none that are answered. */
static int check_kind(const struct msvc_pact *pact, enum msvc_pact_kind kind,
                      struct msvc_error *err)
{
    if (pact->version < 3)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "a pact of version %u, expected 3 or 4", pact->version);
    if (pact->version >= 4)
        return 0;
    if (kind == MSVC_PACT_KIND_SYNCHRONOUS_MESSAGE)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "messages that are answered are of version 4 of the specification");
    if (pact->count > 0 && pact->interactions[0]->kind != kind)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "requests and messages in one pact are of version 4 of the "
                              "specification");
    return 0;
}

static int read_text(struct msvc__interaction **out, const char *text, size_t length,
                     enum msvc_pact_kind kind, unsigned version, struct msvc_error *err)
{
    struct msvc_json_document *document = NULL;
    int status = msvc_json_parse(&document, text, length, NULL, err);

    if (status == 0)
        status = msvc__interaction_read(out, msvc_json_root(document), kind, version,
                                        MSVC__READ_ALL, err);
    msvc_json_free(document);
    return msvc__as_invalid(status, err);
}

/* Of its content and nothing else, so that the same test gives the same key everywhere: FNV-1a. */
static uint64_t hash(const char *text)
{
    uint64_t sum = 0xcbf29ce484222325;

    for (; *text != '\0'; text++)
        sum = (sum ^ (unsigned char)*text) * 0x100000001b3;
    return sum;
}

/* Version 4 gives each interaction a key, by which others may refer to it. */
static int add_key(struct msvc__interaction **x, struct msvc_error *err)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc__interaction *keyed = NULL;
    int status;

    msvc_buffer_printf(&text, "{\"key\":\"%016" PRIx64 "\",%s", hash((*x)->text), (*x)->text + 1);
    status = msvc_buffer_status(&text) == 0
                 ? read_text(&keyed, text.data, text.length, (*x)->kind, 4, err)
                 : msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
    msvc_buffer_clear(&text);
    if (status < 0)
        return status;
    msvc__interaction_free(*x);
    *x = keyed;
    return 0;
}

static int compose(struct msvc__interaction **out, unsigned version, const struct heading *heading,
                   write_parts_fn *write_parts, const void *stated, struct msvc_error *err)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc__draft d = { .statement = { .version = version }, .version = version, .err = err };
    int status;

    msvc_json_writer_init(&d.w, &text);
    msvc_json_begin_object(&d.w);
    status = write_heading(&d, heading);
    if (status == 0)
        status = write_parts(&d, stated);
    msvc_json_end_object(&d.w);
    if (status == 0 && (status = msvc_json_writer_status(&d.w)) < 0)
        msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    if (status == 0)
        status = read_text(out, text.data, text.length, heading->kind, version, err);
    else if (heading->description != NULL)
        msvc_error_prefix(err, "interaction \"%s\"", heading->description);
    msvc__statement_clear(&d.statement);
    msvc_buffer_clear(&text);
    return status;
}

static int add(struct msvc_pact *pact, const struct heading *heading, write_parts_fn *write_parts,
               const void *stated, struct msvc_error *err)
{
    struct msvc__interaction *made = NULL;
    int status = check_kind(pact, heading->kind, err);

    if (status == 0)
        status = compose(&made, pact->version, heading, write_parts, stated, err);
    if (status == 0 && pact->version >= 4)
        status = add_key(&made, err);
    if (status < 0) {
        msvc__interaction_free(made);
        return status;
    }
    if (msvc__pact_find(pact, made->key) != NULL)
        status = msvc_error_set(err, MSVC_ERR_EXISTS, MSVC__CONTRACT, 0,
                                "the pact has another interaction \"%s\" with the same states",
                                made->description);
    else if ((status = msvc__pact_append(pact, made)) < 0)
        msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    if (status < 0)
        msvc__interaction_free(made);
    return status;
}

static int copy_options(void *out, size_t size, const struct msvc_pact *pact, const void *options,
                        struct msvc_error *err)
{
    int status;

    if (pact == NULL || options == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected a pact and an interaction, found NULL");
    status = msvc__options_copy(out, size, options);
    if (status < 0)
        msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    return status;
}

static int write_http(struct msvc__draft *d, const void *stated)
{
    const struct msvc_pact_interaction *x = stated;
    int status;

    msvc_json_key(&d->w, "request");
    status = msvc__draft_request(d, &x->request);
    if (status < 0)
        return status;
    msvc_json_key(&d->w, "response");
    return msvc__draft_response(d, &x->response);
}

int msvc_pact_add(struct msvc_pact *pact, const struct msvc_pact_interaction *interaction,
                  struct msvc_error *err)
{
    struct msvc_pact_interaction x;
    int status = copy_options(&x, sizeof(x), pact, interaction, err);

    if (status < 0)
        return status;
    return add(pact, &(struct heading){ MSVC_PACT_KIND_HTTP, x.description, x.states, &x.remarks },
               write_http, &x, err);
}

static int write_message(struct msvc__draft *d, const void *stated)
{
    const struct msvc_pact_message *x = stated;

    return msvc__draft_contents(d, &x->contents);
}

int msvc_pact_add_message(struct msvc_pact *pact, const struct msvc_pact_message *message,
                          struct msvc_error *err)
{
    struct msvc_pact_message x;
    int status = copy_options(&x, sizeof(x), pact, message, err);

    if (status < 0)
        return status;
    return add(pact,
               &(struct heading){ MSVC_PACT_KIND_MESSAGE, x.description, x.states, &x.remarks },
               write_message, &x, err);
}

static int write_exchange(struct msvc__draft *d, const void *stated)
{
    const struct msvc_pact_exchange *x = stated;
    int status;

    if (x->response_count > 0 && x->responses == NULL)
        return msvc__draft_invalid(d, "a list of responses, found NULL");
    msvc_json_key(&d->w, "request");
    msvc_json_begin_object(&d->w);
    status = msvc__draft_contents(d, &x->request);
    msvc_json_end_object(&d->w);
    msvc_json_key(&d->w, "response");
    msvc_json_begin_array(&d->w);
    for (size_t i = 0; status == 0 && i < x->response_count; i++) {
        msvc_json_begin_object(&d->w);
        status = msvc__draft_contents(d, &x->responses[i]);
        msvc_json_end_object(&d->w);
    }
    msvc_json_end_array(&d->w);
    return status;
}

int msvc_pact_add_exchange(struct msvc_pact *pact, const struct msvc_pact_exchange *exchange,
                           struct msvc_error *err)
{
    struct msvc_pact_exchange x;
    int status = copy_options(&x, sizeof(x), pact, exchange, err);

    if (status < 0)
        return status;
    return add(pact,
               &(struct heading){ MSVC_PACT_KIND_SYNCHRONOUS_MESSAGE, x.description, x.states,
                                  &x.remarks },
               write_exchange, &x, err);
}
