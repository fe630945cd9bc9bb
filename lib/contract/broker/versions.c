/* SPDX-License-Identifier: MIT */
/* Participants, their versions, branches and tags. */
#include <msvc/contract_broker_admin.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/options_internal.h"
#include "contract/broker/broker_internal.h"

#define BY_NAME(name) MSVC__PARAMS({ "pacticipant", (name) })

static const struct msvc__broker_call get = { .needs_json = true };
static const struct msvc__broker_call delete_it = { .method = "DELETE" };

/* PUT with an empty object: the URL says it all. */
static int put(struct msvc_pact_broker_reply **out, struct msvc_pact_broker *broker,
               const char *relation, const struct msvc__broker_param *params,
               struct msvc_error *err)
{
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    int status;

    msvc_buffer_text(&body, "{}");
    status =
        msvc_buffer_status(&body) < 0
            ? msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory")
            : msvc__broker_go(out, broker, relation, params,
                              &(struct msvc__broker_call){ .method = "PUT", .body = &body }, err);
    msvc_buffer_clear(&body);
    return status;
}

int msvc_pact_broker_tag(struct msvc_pact_broker *broker, const char *pacticipant,
                         const char *version, const char *tag, struct msvc_pact_broker_reply **out,
                         struct msvc_error *err)
{
    if (broker == NULL || pacticipant == NULL || version == NULL || tag == NULL || out == NULL)
        return msvc__broker_invalid(err, "a participant, a version and a tag");
    return put(out, broker, "pb:pacticipant-version-tag",
               MSVC__PARAMS({ "pacticipant", pacticipant }, { "version", version }, { "tag", tag }),
               err);
}

int msvc_pact_broker_delete_tag(struct msvc_pact_broker *broker, const char *pacticipant,
                                const char *version, const char *tag,
                                struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    if (broker == NULL || pacticipant == NULL || version == NULL || tag == NULL || out == NULL)
        return msvc__broker_invalid(err, "a participant, a version and a tag");
    return msvc__broker_go(
        out, broker, "pb:pacticipant-version-tag",
        MSVC__PARAMS({ "pacticipant", pacticipant }, { "version", version }, { "tag", tag }),
        &delete_it, err);
}

int msvc_pact_broker_add_to_branch(struct msvc_pact_broker *broker, const char *pacticipant,
                                   const char *branch, const char *version,
                                   struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    if (broker == NULL || pacticipant == NULL || branch == NULL || version == NULL || out == NULL)
        return msvc__broker_invalid(err, "a participant, a branch and a version");
    return put(
        out, broker, "pb:pacticipant-branch-version",
        MSVC__PARAMS({ "pacticipant", pacticipant }, { "branch", branch }, { "version", version }),
        err);
}

int msvc_pact_broker_delete_branch(struct msvc_pact_broker *broker, const char *pacticipant,
                                   const char *branch, struct msvc_pact_broker_reply **out,
                                   struct msvc_error *err)
{
    if (broker == NULL || pacticipant == NULL || branch == NULL || out == NULL)
        return msvc__broker_invalid(err, "a participant and a branch");
    return msvc__broker_go(out, broker, "pb:pacticipant-branch",
                           MSVC__PARAMS({ "pacticipant", pacticipant }, { "branch", branch }),
                           &delete_it, err);
}

int msvc_pact_broker_branches(struct msvc_pact_broker *broker, const char *pacticipant,
                              struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    struct msvc_pact_broker_reply *participant = NULL;
    int status;

    if (broker == NULL || pacticipant == NULL || out == NULL)
        return msvc__broker_invalid(err, "a participant");
    status =
        msvc__broker_go(&participant, broker, "pb:pacticipant", BY_NAME(pacticipant), &get, err);
    if (status == 0)
        status = msvc__broker_go_link(
            out, broker, msvc__hal_link(msvc__reply_root(participant), "pb:branches", NULL),
            "pb:branches", &get, err);
    msvc_pact_broker_reply_free(participant);
    return status;
}

int msvc_pact_broker_version(struct msvc_pact_broker *broker, const char *pacticipant,
                             const char *version, const char *tag,
                             struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    static const struct msvc__broker_call call = { .accept = MSVC__HAL_OR_JSON,
                                                   .needs_json = true };

    if (broker == NULL || pacticipant == NULL || out == NULL)
        return msvc__broker_invalid(err, "a participant");
    if (version != NULL)
        return msvc__broker_go(out, broker, "pb:pacticipant-version",
                               MSVC__PARAMS({ "pacticipant", pacticipant }, { "version", version }),
                               &get, err);
    if (tag != NULL)
        return msvc__broker_go(out, broker, "pb:latest-tagged-version",
                               MSVC__PARAMS({ "pacticipant", pacticipant }, { "tag", tag }), &call,
                               err);
    return msvc__broker_go(out, broker, "pb:latest-version", BY_NAME(pacticipant), &call, err);
}

int msvc_pact_broker_participants(struct msvc_pact_broker *broker,
                                  struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    if (broker == NULL || out == NULL)
        return msvc__broker_invalid(err, "a broker, found NULL");
    return msvc__broker_go(out, broker, "pb:pacticipants", NULL, &get, err);
}

int msvc_pact_broker_participant(struct msvc_pact_broker *broker, const char *name,
                                 struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    if (broker == NULL || name == NULL || out == NULL)
        return msvc__broker_invalid(err, "a participant");
    return msvc__broker_go(out, broker, "pb:pacticipant", BY_NAME(name), &get, err);
}

int msvc_pact_broker_delete_participant(struct msvc_pact_broker *broker, const char *name,
                                        struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    if (broker == NULL || name == NULL || out == NULL)
        return msvc__broker_invalid(err, "a participant");
    return msvc__broker_go(out, broker, "pb:pacticipant", BY_NAME(name), &delete_it, err);
}

static int write_participant(struct msvc_buffer *out, const struct msvc_pact_participant *p,
                             struct msvc_error *err)
{
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "name", p->name);
    msvc__broker_member(&w, "displayName", p->display_name);
    msvc__broker_member(&w, "mainBranch", p->main_branch);
    msvc__broker_member(&w, "repositoryUrl", p->repository_url);
    msvc_json_end_object(&w);
    return msvc__broker_written(&w, err);
}

int msvc_pact_broker_put_participant(struct msvc_pact_broker *broker,
                                     const struct msvc_pact_participant *participant,
                                     struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    struct msvc_pact_participant p;
    struct msvc_pact_broker_reply *known = NULL;
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    int status = msvc__options_copy(&p, sizeof(p), participant);

    if (status < 0 || broker == NULL || out == NULL || p.name == NULL)
        return msvc__broker_invalid(err, "a participant with a name");
    status = write_participant(&body, &p, err);
    if (status == 0)
        status = msvc__broker_go(&known, broker, "pb:pacticipant", BY_NAME(p.name), &get, err);
    if (status == 0)
        status =
            msvc__broker_go(out, broker, "pb:pacticipant", BY_NAME(p.name),
                            &(struct msvc__broker_call){ .method = "PATCH", .body = &body }, err);
    else if (status == MSVC_ERR_NOT_FOUND)
        status =
            msvc__broker_go(out, broker, "pb:pacticipants", NULL,
                            &(struct msvc__broker_call){ .method = "POST", .body = &body }, err);
    msvc_pact_broker_reply_free(known);
    msvc_buffer_clear(&body);
    return status;
}

int msvc__broker_describe_version(struct msvc_pact_broker *broker, const char *pacticipant,
                                  const char *version, const char *branch, const char *const *tags,
                                  struct msvc_error *err)
{
    struct msvc_pact_broker_reply *reply = NULL;
    int status = 0;

    if (branch != NULL)
        status = msvc_pact_broker_add_to_branch(broker, pacticipant, branch, version, &reply, err);
    for (; status == 0 && tags != NULL && *tags != NULL; tags++) {
        msvc_pact_broker_reply_free(reply);
        reply = NULL;
        status = msvc_pact_broker_tag(broker, pacticipant, version, *tags, &reply, err);
    }
    msvc_pact_broker_reply_free(reply);
    return status;
}
