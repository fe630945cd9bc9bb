/* SPDX-License-Identifier: MIT */
/*
 * What is where. A version's resource has a link for each environment it may
 * be recorded in; what is to end is looked up in the environment.
 */
#include <msvc/contract_broker_admin.h>

#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/options_internal.h"
#include "contract/broker/environments_internal.h"

static const struct msvc__broker_call get = { .needs_json = true };

static int send_json(struct msvc_pact_broker_reply **out, struct msvc_pact_broker *broker,
                     const char *link, const struct msvc__broker_call *call, const char *json,
                     struct msvc_error *err)
{
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    struct msvc__broker_call with_body = *call;
    int status;

    msvc_buffer_text(&body, json);
    with_body.body = &body;
    status = msvc_buffer_status(&body) < 0
                 ? msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory")
                 : msvc__broker_go_link(out, broker, link, "self", &with_body, err);
    msvc_buffer_clear(&body);
    return status;
}

/* Say whether it is the environment that the broker does not know, or the version in it. */
static int not_recordable(struct msvc_pact_broker *broker, const struct msvc_pact_deployment *d,
                          struct msvc_error *err)
{
    struct msvc_pact_broker_reply *list = NULL;
    int status = msvc_pact_broker_environments(broker, &list, err);
    bool is_known = status == 0 && msvc__hal_link(msvc__reply_root(list), "pb:environments",
                                                  d->environment) != NULL;

    msvc_pact_broker_reply_free(list);
    if (status < 0)
        return status;
    if (!is_known)
        return msvc_error_set(err, MSVC_ERR_NOT_FOUND, MSVC__BROKER, 0,
                              "the broker has no environment \"%s\"", d->environment);
    return msvc_error_set(err, MSVC_ERR_NOT_FOUND, MSVC__BROKER, 0,
                          "the broker does not let %s version %s be recorded in environment "
                          "\"%s\"",
                          d->pacticipant, d->version, d->environment);
}

/* Old brokers call the instance a target. */
static int write_begin(struct msvc_buffer *out, const struct msvc_pact_deployment *d,
                       struct msvc_error *err)
{
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    msvc__broker_member(&w, "applicationInstance", d->instance);
    msvc__broker_member(&w, "target", d->instance);
    msvc_json_end_object(&w);
    return msvc__broker_written(&w, err);
}

static int begin(struct msvc_pact_broker *broker, const char *relation,
                 const struct msvc_pact_deployment *d, struct msvc_pact_broker_reply **out,
                 struct msvc_error *err)
{
    struct msvc_pact_broker_reply *version = NULL;
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    const char *link;
    int status = write_begin(&body, d, err);

    if (status == 0)
        status = msvc__broker_go(
            &version, broker, "pb:pacticipant-version",
            MSVC__PARAMS({ "pacticipant", d->pacticipant }, { "version", d->version }), &get, err);
    link = msvc__hal_link(msvc__reply_root(version), relation, d->environment);
    if (status == 0 && link == NULL)
        status = not_recordable(broker, d, err);
    if (status == 0)
        status = send_json(out, broker, link, &(struct msvc__broker_call){ .method = "POST" },
                           body.data, err);
    msvc_pact_broker_reply_free(version);
    msvc_buffer_clear(&body);
    return status;
}

/* What "end" means for a deployment and for a release. */
struct ending {
    const char *relation;
    const char *list;
    const char *change;
};

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static const char *text_of(const struct msvc_json *object, const char *name)
{
    return msvc_json_string(msvc_json_member(object, name), NULL);
}

/* Brokers leave out what they were not told: then it counts as right. */
static bool is_meant(const struct msvc_json *one, const struct msvc_pact_deployment *d)
{
    const struct msvc_json *embedded = msvc_json_member(one, "_embedded");
    const char *name = text_of(msvc_json_member(embedded, "pacticipant"), "name");
    const char *number = text_of(msvc_json_member(embedded, "version"), "number");
    const char *instance = text_of(one, "applicationInstance");

    if (instance == NULL)
        instance = text_of(one, "target");
    return same(instance, d->instance) && (name == NULL || same(name, d->pacticipant)) &&
           (d->version == NULL || number == NULL || same(number, d->version));
}

static int list_current(struct msvc_pact_broker_reply **out, struct msvc_pact_broker *broker,
                        const struct msvc_json *environment, const struct ending *ending,
                        const struct msvc_pact_deployment *d, struct msvc_error *err)
{
    const char *link = msvc__hal_link(environment, ending->relation, NULL);
    struct msvc_buffer url = MSVC_BUFFER_INIT;
    int status;

    if (link != NULL) {
        msvc_buffer_printf(&url, "%s%cpacticipant=", link, strchr(link, '?') != NULL ? '&' : '?');
        msvc__broker_encode(&url, d->pacticipant);
    }
    status = msvc_buffer_status(&url) < 0
                 ? msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory")
                 : msvc__broker_go_link(out, broker, url.data, ending->relation, &get, err);
    msvc_buffer_clear(&url);
    return status;
}

static int end_those(struct msvc_pact_broker *broker, const struct msvc_json *current,
                     const struct ending *ending, const struct msvc_pact_deployment *d,
                     struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    static const struct msvc__broker_call patch = { .method = "PATCH",
                                                    .content_type = MSVC__MERGE_PATCH };
    const struct msvc_json *one =
        msvc_json_first(msvc_json_member(msvc_json_member(current, "_embedded"), ending->list));
    struct msvc_pact_broker_reply *last = NULL;
    int status = 0;

    for (; status == 0 && one != NULL; one = msvc_json_next(one)) {
        if (!is_meant(one, d))
            continue;
        msvc_pact_broker_reply_free(last);
        last = NULL;
        status = send_json(&last, broker, msvc__hal_link(one, "self", NULL), &patch, ending->change,
                           err);
    }
    if (status < 0 || last != NULL) {
        if (status == 0)
            *out = last;
        return status;
    }
    return msvc_error_set(
        err, MSVC_ERR_NOT_FOUND, MSVC__BROKER, 0,
        "nothing of %s%s%s is recorded in environment \"%s\"%s%s", d->pacticipant,
        d->version != NULL ? " version " : "", d->version != NULL ? d->version : "", d->environment,
        d->instance != NULL ? ", instance " : "", d->instance != NULL ? d->instance : "");
}

static int end(struct msvc_pact_broker *broker, const struct ending *ending,
               const struct msvc_pact_deployment *d, struct msvc_pact_broker_reply **out,
               struct msvc_error *err)
{
    struct msvc_pact_broker_reply *environment = NULL;
    struct msvc_pact_broker_reply *current = NULL;
    int status = msvc_pact_broker_environment(broker, d->environment, &environment, err);

    if (status == 0)
        status = list_current(&current, broker, msvc__reply_root(environment), ending, d, err);
    if (status == 0)
        status = end_those(broker, msvc__reply_root(current), ending, d, out, err);
    msvc_pact_broker_reply_free(current);
    msvc_pact_broker_reply_free(environment);
    return status;
}

int msvc_pact_broker_record(struct msvc_pact_broker *broker, enum msvc_pact_record what,
                            const struct msvc_pact_deployment *deployment,
                            struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    static const struct ending deployed = { "pb:currently-deployed-deployed-versions",
                                            "deployedVersions", "{\"currentlyDeployed\":false}" };
    static const struct ending released = { "pb:currently-supported-released-versions",
                                            "releasedVersions", "{\"currentlySupported\":false}" };
    struct msvc_pact_deployment d;
    int status = msvc__options_copy(&d, sizeof(d), deployment);

    if (status < 0 || broker == NULL || out == NULL || d.pacticipant == NULL ||
        d.environment == NULL || (d.version == NULL && what != MSVC_PACT_UNDEPLOYED))
        return msvc__broker_invalid(err, "a participant, its version and an environment");
    switch (what) {
    case MSVC_PACT_DEPLOYED:
        return begin(broker, "pb:record-deployment", &d, out, err);
    case MSVC_PACT_RELEASED:
        return begin(broker, "pb:record-release", &d, out, err);
    case MSVC_PACT_UNDEPLOYED:
        return end(broker, &deployed, &d, out, err);
    default:
        return end(broker, &released, &d, out, err);
    }
}
