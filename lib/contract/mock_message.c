/* SPDX-License-Identifier: MIT */
/* Messages without a broker: what the provider would send goes straight into the consumer's code.
 */
#include <stdlib.h>
#include <string.h>

#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"
#include "contract/compose_internal.h"
#include "contract/mock_internal.h"

static int invalid(struct msvc_error *err, const char *what)
{
    return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0, "expected %s", what);
}

/* Call the handler with what a part says. */
static int call(const struct msvc__part *part, msvc_pact_message_fn *handler, void *user,
                struct msvc_error *err)
{
    char *metadata =
        part->metadata != NULL ? msvc__canonical_copy(msvc_json_root(part->metadata)) : NULL;
    struct msvc_pact_payload payload = {
        .contents = part->body != NULL ? part->body : "",
        .length = part->body_length,
        .content_type = msvc__part_type(part) != NULL ? msvc__part_type(part) : part->content_type,
        .metadata = metadata != NULL ? metadata : "{}",
    };
    int status;

    if (part->metadata != NULL && metadata == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
    status = handler(&payload, user, err);
    free(metadata);
    return status;
}

/* Call the handler with one message, its generated values made for this call. */
static int hand_over(const struct msvc_pact_mock *mock, const struct msvc__part *part,
                     msvc_pact_message_fn *handler, void *user, struct msvc_error *err)
{
    struct msvc__part made = { .is_message = true };
    int status;

    if (!msvc__part_has_generators(part))
        return call(part, handler, user, err);
    status = msvc__mock_generate(&made, mock, part, err);
    if (status < 0)
        return status;
    status = call(&made, handler, user, err);
    msvc__part_clear(&made);
    return status;
}

static int deliver(struct msvc_pact_mock *mock, size_t index, msvc_pact_message_fn *handler,
                   void *user, struct msvc_error *err)
{
    const struct msvc__interaction *x = mock->pact->interactions[index];
    int status;

    if (x->needs_plugin)
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "message \"%s\" needs a plugin", x->description);
    msvc_error_set(err, 0, MSVC__CONTRACT, 0, "the handler refused it");
    status = hand_over(mock, &x->responses[0], handler, user, err);
    if (status < 0) {
        if (err != NULL)
            err->status = status;
        msvc_error_prefix(err, "message \"%s\"", x->description);
        return status;
    }
    (void)pthread_mutex_lock(&mock->lock);
    mock->uses[index]++;
    (void)pthread_mutex_unlock(&mock->lock);
    return 0;
}

int msvc_pact_mock_deliver(struct msvc_pact_mock *mock, const char *description,
                           msvc_pact_message_fn *handler, void *user, struct msvc_error *err)
{
    size_t count = 0;

    if (mock == NULL || handler == NULL)
        return invalid(err, "a mock and a handler, found NULL");
    for (size_t i = 0; i < mock->pact->count; i++) {
        const struct msvc__interaction *x = mock->pact->interactions[i];
        int status;

        if (x->kind != MSVC_PACT_KIND_MESSAGE ||
            (description != NULL && strcmp(x->description, description) != 0))
            continue;
        count++;
        status = deliver(mock, i, handler, user, err);
        if (status < 0)
            return status;
    }
    if (count > 0)
        return 0;
    return msvc_error_set(err, MSVC_ERR_NOT_FOUND, MSVC__CONTRACT, 0,
                          "the pact has no message%s%s%s", description != NULL ? " \"" : "",
                          description != NULL ? description : "", description != NULL ? "\"" : "");
}

static int read_payload(struct msvc__part *out, const struct msvc_pact_payload *payload,
                        struct msvc_error *err)
{
    const char *metadata = payload->metadata != NULL ? payload->metadata : "{}";
    int status = msvc__part_set_metadata(out, metadata, strlen(metadata), err);

    if (status < 0)
        return msvc__as_invalid(status, err);
    if (payload->content_type != NULL) {
        out->declared_type = msvc__copy_text(payload->content_type);
        status = out->declared_type != NULL ? 0 : MSVC_ERR_NOMEM;
    }
    if (status == 0)
        status = msvc__part_set_body(out, payload->contents, payload->length);
    if (status == 0)
        status = msvc__part_finish(out);
    if (status < 0)
        msvc_error_set(err, status, MSVC__CONTRACT, 0, "no memory");
    return status;
}

/* The first finding of this call, in one line. */
static int refuse(const struct msvc__search *s, struct msvc_error *err)
{
    const struct msvc_contract_mismatch *first = s->differences.items;

    if (s->nearest == NULL || s->differences.count == 0)
        return msvc_error_set(err, MSVC_ERR_REFUSED, MSVC__CONTRACT, 0,
                              "the pact has no message that is answered");
    return msvc_error_set(err, MSVC_ERR_REFUSED, MSVC__CONTRACT, 0,
                          "unexpected message; nearest is \"%s\", but %s %s: %s",
                          s->nearest->description, first->part, first->path, first->message);
}

static int search(struct msvc__search *s, struct msvc_pact_mock *mock,
                  const struct msvc__part *request, struct msvc_error *err)
{
    int status;

    (void)pthread_mutex_lock(&mock->lock);
    status = msvc__mock_search(s, mock, MSVC_PACT_KIND_SYNCHRONOUS_MESSAGE, request);
    if (status == 0)
        msvc__mock_note(mock, s, request);
    (void)pthread_mutex_unlock(&mock->lock);
    if (status < 0)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "no memory");
    return s->found != NULL ? 0 : refuse(s, err);
}

int msvc_pact_mock_exchange(struct msvc_pact_mock *mock, const struct msvc_pact_payload *request,
                            msvc_pact_message_fn *handler, void *user, struct msvc_error *err)
{
    struct msvc__part part = { .is_message = true };
    struct msvc__search s = { .found = NULL };
    int status;

    if (mock == NULL || request == NULL || handler == NULL)
        return invalid(err, "a mock, a message and a handler, found NULL");
    status = read_payload(&part, request, err);
    if (status == 0)
        status = search(&s, mock, &part, err);
    for (size_t i = 0; status == 0 && i < s.found->response_count; i++) {
        msvc_error_set(err, 0, MSVC__CONTRACT, 0, "the handler refused it");
        status = hand_over(mock, &s.found->responses[i], handler, user, err);
        if (status < 0)
            msvc_error_prefix(err, "response %zu to \"%s\"", i + 1, s.found->description);
    }
    msvc__mismatches_clear(&s.differences);
    msvc__part_clear(&part);
    return status < 0 ? status : 0;
}
