/* SPDX-License-Identifier: MIT */
/* Pacts to the broker: all in one call, or one by one to a broker that is too old for that. */
#include <msvc/contract_broker.h>

#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/options_internal.h"
#include "contract/broker/broker_internal.h"
#include "message/base64_internal.h"

/* What a pact says of itself. Borrowed from its document. */
struct names {
    struct msvc_json_document *document;
    const char *consumer;
    const char *provider;
};

static int read_names(struct names *out, const struct msvc_pact_text *pact, struct msvc_error *err)
{
    int status = msvc_json_parse(&out->document, pact->text, pact->length,
                                 MSVC_JSON_OPTIONS(.allow_duplicates = true), err);
    const struct msvc_json *root = status == 0 ? msvc_json_root(out->document) : NULL;

    if (status < 0)
        return status;
    out->consumer =
        msvc_json_string(msvc_json_member(msvc_json_member(root, "consumer"), "name"), NULL);
    out->provider =
        msvc_json_string(msvc_json_member(msvc_json_member(root, "provider"), "name"), NULL);
    if (out->consumer != NULL && out->provider != NULL)
        return 0;
    return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__BROKER, 0,
                          "expected a pact with consumer.name and provider.name");
}

/* The consumer that all of them have, in `out`. */
static int read_consumer(struct names *out, const struct msvc_pact_text *pacts,
                         struct msvc_error *err)
{
    int status = read_names(out, &pacts[0], err);

    for (size_t i = 1; status == 0 && pacts[i].text != NULL; i++) {
        struct names other = { NULL, NULL, NULL };

        status = read_names(&other, &pacts[i], err);
        if (status == 0 && strcmp(other.consumer, out->consumer) != 0)
            status = msvc_error_set(err, MSVC_ERR_INVALID, MSVC__BROKER, 0,
                                    "pacts of the consumers \"%s\" and \"%s\", expected one",
                                    out->consumer, other.consumer);
        msvc_json_free(other.document);
    }
    return status;
}

static int write_contract(struct msvc_json_writer *w, const struct msvc_pact_text *pact,
                          bool merges, struct msvc_error *err)
{
    struct names names = { NULL, NULL, NULL };
    struct msvc_buffer content = MSVC_BUFFER_INIT;
    int status = read_names(&names, pact, err);

    if (status == 0) {
        msvc__base64_append(&content, pact->text, pact->length);
        status = msvc_buffer_status(&content);
    }
    if (status == 0) {
        msvc_json_begin_object(w);
        msvc_json_member_text(w, "consumerName", names.consumer);
        msvc_json_member_text(w, "providerName", names.provider);
        msvc_json_member_text(w, "specification", "pact");
        msvc_json_member_text(w, "contentType", "application/json");
        msvc_json_member_text(w, "content", content.data);
        msvc_json_member_text(w, "onConflict", merges ? "merge" : "overwrite");
        msvc_json_end_object(w);
    }
    msvc_buffer_clear(&content);
    msvc_json_free(names.document);
    return status;
}

static int write_publication(struct msvc_buffer *out, const struct msvc_pact_publication *p,
                             const char *consumer, struct msvc_error *err)
{
    struct msvc_json_writer w;
    int status = 0;

    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "pacticipantName", consumer);
    msvc_json_member_text(&w, "pacticipantVersionNumber", p->version);
    msvc__broker_member(&w, "branch", p->branch);
    if (p->tags != NULL) {
        msvc_json_key(&w, "tags");
        msvc_json_begin_array(&w);
        for (const char *const *tag = p->tags; *tag != NULL; tag++)
            msvc_json_text(&w, *tag);
        msvc_json_end_array(&w);
    }
    msvc__broker_member(&w, "buildUrl", p->build_url);
    msvc_json_key(&w, "contracts");
    msvc_json_begin_array(&w);
    for (const struct msvc_pact_text *pact = p->contracts; status == 0 && pact->text != NULL;
         pact++)
        status = write_contract(&w, pact, p->merges, err);
    msvc_json_end_array(&w);
    msvc_json_end_object(&w);
    return status < 0 ? status : msvc__broker_written(&w, err);
}

static int publish_together(struct msvc_pact_broker *broker, const struct msvc_pact_publication *p,
                            const char *consumer, struct msvc_pact_broker_reply **out,
                            struct msvc_error *err)
{
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    int status = write_publication(&body, p, consumer, err);

    if (status == 0)
        status =
            msvc__broker_go(out, broker, "pb:publish-contracts", NULL,
                            &(struct msvc__broker_call){ .method = "POST", .body = &body }, err);
    msvc_buffer_clear(&body);
    return status;
}

static int put_pact(struct msvc_pact_broker *broker, const struct msvc_pact_publication *p,
                    const struct msvc_pact_text *pact, struct msvc_pact_broker_reply **out,
                    struct msvc_error *err)
{
    struct names names = { NULL, NULL, NULL };
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    int status = read_names(&names, pact, err);

    msvc_buffer_bytes(&body, pact->text, pact->length);
    if (status == 0 && msvc_buffer_status(&body) < 0)
        status = msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory");
    if (status == 0)
        status = msvc__broker_go(
            out, broker, "pb:publish-pact",
            MSVC__PARAMS({ "provider", names.provider }, { "consumer", names.consumer },
                         { "consumerApplicationVersion", p->version }),
            &(struct msvc__broker_call){ .method = p->merges ? "PATCH" : "PUT", .body = &body },
            err);
    msvc_buffer_clear(&body);
    msvc_json_free(names.document);
    return status;
}

/* The branch and the tags first: a pact that is there is complete. */
static int publish_singly(struct msvc_pact_broker *broker, const struct msvc_pact_publication *p,
                          const char *consumer, struct msvc_pact_broker_reply **out,
                          struct msvc_error *err)
{
    struct msvc_pact_broker_reply *last = NULL;
    int status =
        msvc__broker_describe_version(broker, consumer, p->version, p->branch, p->tags, err);

    for (const struct msvc_pact_text *pact = p->contracts; status == 0 && pact->text != NULL;
         pact++) {
        msvc_pact_broker_reply_free(last);
        last = NULL;
        status = put_pact(broker, p, pact, &last, err);
    }
    if (status < 0)
        msvc_pact_broker_reply_free(last);
    else
        *out = last;
    return status;
}

int msvc_pact_broker_publish(struct msvc_pact_broker *broker,
                             const struct msvc_pact_publication *publication,
                             struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    struct msvc_pact_publication p;
    struct names names = { NULL, NULL, NULL };
    int status = msvc__options_copy(&p, sizeof(p), publication);

    if (status < 0 || broker == NULL || out == NULL || p.version == NULL || p.contracts == NULL ||
        p.contracts[0].text == NULL)
        return msvc__broker_invalid(err, "a version and at least one pact");
    status = read_consumer(&names, p.contracts, err);
    if (status == 0)
        status = msvc__broker_knows(broker, "pb:publish-contracts", err);
    if (status > 0)
        status = publish_together(broker, &p, names.consumer, out, err);
    else if (status == 0)
        status = publish_singly(broker, &p, names.consumer, out, err);
    msvc_json_free(names.document);
    return status;
}
