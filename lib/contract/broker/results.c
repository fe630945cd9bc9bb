/* SPDX-License-Identifier: MIT */
/* How a verification ended, told to the broker. */
#include <msvc/contract_broker.h>

#include <string.h>

#include <msvc/contract_verify.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/options_internal.h"
#include "contract/broker/list_internal.h"

/* The broker names interactions in the pacts that it hands out. */
static const char *interaction_id(const struct msvc_json *pact, const char *description)
{
    static const char *const lists[] = { "interactions", "messages" };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const struct msvc_json *one = msvc_json_first(msvc_json_member(pact, lists[i]));

        for (; one != NULL; one = msvc_json_next(one)) {
            const char *own = msvc_json_string(msvc_json_member(one, "description"), NULL);

            if (own != NULL && strcmp(own, description) == 0)
                return msvc_json_string(msvc_json_member(one, "_id"), NULL);
        }
    }
    return NULL;
}

static void write_mismatch(struct msvc_json_writer *w, const struct msvc_contract_mismatch *found)
{
    msvc_json_begin_object(w);
    msvc_json_member_text(w, "attribute", found->part);
    msvc_json_member_text(w, "identifier", found->path);
    msvc_json_member_text(w, "description", found->message);
    msvc_json_member_text(w, "expected", found->expected);
    msvc_json_member_text(w, "actual", found->actual);
    msvc_json_end_object(w);
}

static void write_test(struct msvc_json_writer *w, const struct msvc_json *pact,
                       const struct msvc_contract_report *report, size_t index)
{
    const char *description = msvc_contract_description(report, index);
    size_t count = msvc_contract_mismatch_count(report, index);

    msvc_json_begin_object(w);
    msvc__broker_member(w, "interactionId", interaction_id(pact, description));
    msvc_json_member_text(w, "interactionDescription", description);
    msvc_json_member_bool(w, "success", count == 0);
    if (count > 0) {
        msvc_json_key(w, "mismatches");
        msvc_json_begin_array(w);
        for (size_t i = 0; i < count; i++)
            write_mismatch(w, msvc_contract_mismatch(report, index, i));
        msvc_json_end_array(w);
    }
    msvc_json_end_object(w);
}

static int write_outcome(struct msvc_buffer *out, const struct msvc_pact_outcome *o,
                         const struct msvc_json *pact, struct msvc_error *err)
{
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    msvc__broker_member(&w, "buildUrl", o->build_url);
    msvc_json_member_text(&w, "providerApplicationVersion", o->version);
    msvc_json_member_bool(&w, "success", msvc_contract_failed_count(o->report) == 0);
    msvc_json_key(&w, "testResults");
    msvc_json_begin_array(&w);
    for (size_t i = 0; i < msvc_contract_count(o->report); i++)
        write_test(&w, pact, o->report, i);
    msvc_json_end_array(&w);
    msvc_json_key(&w, "verifiedBy");
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "implementation", "libmsvc");
    msvc_json_member_text(&w, "version", msvc_version());
    msvc_json_end_object(&w);
    msvc_json_end_object(&w);
    return msvc__broker_written(&w, err);
}

static int publish(struct msvc_pact_broker *broker, const struct msvc_json *pact,
                   const struct msvc_pact_outcome *o, struct msvc_pact_broker_reply **out,
                   struct msvc_error *err)
{
    static const char relation[] = "pb:publish-verification-results";
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    int status = write_outcome(&body, o, pact, err);

    if (status == 0)
        status = msvc__broker_go_link(
            out, broker, msvc__hal_link(pact, relation, NULL), relation,
            &(struct msvc__broker_call){ .method = "POST", .body = &body }, err);
    msvc_buffer_clear(&body);
    return status;
}

int msvc_pact_broker_report(struct msvc_pact_broker *broker, const struct msvc_pact_list *list,
                            size_t index, const struct msvc_pact_outcome *outcome,
                            struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    struct msvc_pact_outcome o;
    const struct msvc_json *pact;
    const char *provider;
    int status = msvc__options_copy(&o, sizeof(o), outcome);

    if (status < 0 || broker == NULL || out == NULL || index >= msvc_pact_list_count(list) ||
        o.version == NULL || o.report == NULL)
        return msvc__broker_invalid(err, "a fetched pact, the provider's version and a report");
    pact = msvc__reply_root(list->items[index].reply);
    provider = msvc_json_string(msvc_json_member(msvc_json_member(pact, "provider"), "name"), NULL);
    if (provider == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__BROKER, 0,
                              "expected the fetched pact to have provider.name");
    status = msvc__broker_describe_version(broker, provider, o.version, o.branch, o.tags, err);
    return status == 0 ? publish(broker, pact, &o, out, err) : status;
}
