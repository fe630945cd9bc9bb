/* SPDX-License-Identifier: MIT */
/* Environments. People know them by name, brokers by an id: the list tells one from the other. */
#include <msvc/contract_broker_admin.h>

#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/options_internal.h"
#include "contract/broker/environments_internal.h"

static const struct msvc__broker_call get = { .needs_json = true };

int msvc_pact_broker_environments(struct msvc_pact_broker *broker,
                                  struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    if (broker == NULL || out == NULL)
        return msvc__broker_invalid(err, "a broker, found NULL");
    return msvc__broker_go(out, broker, "pb:environments", NULL, &get, err);
}

/* The links of the list, or what is embedded in it. */
static const char *find_link(const struct msvc_json *list, const char *name)
{
    const char *link = msvc__hal_link(list, "pb:environments", name);
    const struct msvc_json *one =
        msvc_json_first(msvc_json_member(msvc_json_member(list, "_embedded"), "environments"));

    for (; link == NULL && one != NULL; one = msvc_json_next(one)) {
        const char *own = msvc_json_string(msvc_json_member(one, "name"), NULL);

        if (own != NULL && strcmp(own, name) == 0)
            link = msvc__hal_link(one, "self", NULL);
    }
    return link;
}

int msvc__broker_go_environment(struct msvc_pact_broker_reply **out,
                                struct msvc_pact_broker *broker, const char *name,
                                const struct msvc__broker_call *call, struct msvc_error *err)
{
    struct msvc_pact_broker_reply *list = NULL;
    const char *link;
    int status;

    if (broker == NULL || name == NULL || out == NULL)
        return msvc__broker_invalid(err, "an environment's name");
    status = msvc_pact_broker_environments(broker, &list, err);
    if (status < 0)
        return status;
    link = find_link(msvc__reply_root(list), name);
    status = link != NULL ? msvc__broker_go_link(out, broker, link, "self", call, err)
                          : msvc_error_set(err, MSVC_ERR_NOT_FOUND, MSVC__BROKER, 0,
                                           "the broker has no environment \"%s\"", name);
    msvc_pact_broker_reply_free(list);
    return status;
}

int msvc_pact_broker_environment(struct msvc_pact_broker *broker, const char *name,
                                 struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    return msvc__broker_go_environment(out, broker, name, &get, err);
}

int msvc_pact_broker_delete_environment(struct msvc_pact_broker *broker, const char *name,
                                        struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    return msvc__broker_go_environment(out, broker, name,
                                       &(struct msvc__broker_call){ .method = "DELETE" }, err);
}

static int write_environment(struct msvc_buffer *out, const struct msvc_pact_environment *e,
                             struct msvc_error *err)
{
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "name", e->name);
    msvc__broker_member(&w, "displayName", e->display_name);
    msvc_json_member_bool(&w, "production", e->is_production);
    if (e->contact_name != NULL || e->contact_email != NULL) {
        msvc_json_key(&w, "contacts");
        msvc_json_begin_array(&w);
        msvc_json_begin_object(&w);
        msvc__broker_member(&w, "name", e->contact_name);
        if (e->contact_email != NULL) {
            msvc_json_key(&w, "details");
            msvc_json_begin_object(&w);
            msvc_json_member_text(&w, "emailAddress", e->contact_email);
            msvc_json_end_object(&w);
        }
        msvc_json_end_object(&w);
        msvc_json_end_array(&w);
    }
    msvc_json_end_object(&w);
    return msvc__broker_written(&w, err);
}

static int put_environment(struct msvc_pact_broker *broker,
                           const struct msvc_pact_environment *environment, bool is_new,
                           struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    struct msvc_pact_environment e;
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    struct msvc__broker_call call = { .method = is_new ? "POST" : "PUT", .body = &body };
    int status = msvc__options_copy(&e, sizeof(e), environment);

    if (status < 0 || broker == NULL || out == NULL || e.name == NULL)
        return msvc__broker_invalid(err, "an environment with a name");
    status = write_environment(&body, &e, err);
    if (status == 0)
        status = is_new ? msvc__broker_go(out, broker, "pb:environments", NULL, &call, err)
                        : msvc__broker_go_environment(out, broker, e.name, &call, err);
    msvc_buffer_clear(&body);
    return status;
}

int msvc_pact_broker_create_environment(struct msvc_pact_broker *broker,
                                        const struct msvc_pact_environment *environment,
                                        struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    return put_environment(broker, environment, true, out, err);
}

int msvc_pact_broker_update_environment(struct msvc_pact_broker *broker,
                                        const struct msvc_pact_environment *environment,
                                        struct msvc_pact_broker_reply **out, struct msvc_error *err)
{
    return put_environment(broker, environment, false, out, err);
}
