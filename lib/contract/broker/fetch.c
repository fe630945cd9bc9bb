/* SPDX-License-Identifier: MIT */
/* Which pacts a provider has to keep, and their texts. */
#include <msvc/contract_broker.h>

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "contract/broker/list_internal.h"

static void write_flag(struct msvc_json_writer *w, const char *name, bool is_set)
{
    if (is_set)
        msvc_json_member_bool(w, name, true);
}

static void write_selector(struct msvc_json_writer *w, const struct msvc_pact_selector *s)
{
    msvc_json_begin_object(w);
    msvc__broker_member(w, "consumer", s->consumer);
    msvc__broker_member(w, "branch", s->branch);
    msvc__broker_member(w, "fallbackBranch", s->fallback_branch);
    msvc__broker_member(w, "tag", s->tag);
    msvc__broker_member(w, "fallbackTag", s->fallback_tag);
    msvc__broker_member(w, "environment", s->environment);
    write_flag(w, "latest", s->is_latest);
    write_flag(w, "mainBranch", s->is_main_branch);
    write_flag(w, "matchingBranch", s->is_matching_branch);
    write_flag(w, "deployed", s->is_deployed);
    write_flag(w, "released", s->is_released);
    write_flag(w, "deployedOrReleased", s->is_deployed_or_released);
    msvc_json_end_object(w);
}

static int write_selection(struct msvc_buffer *out, const struct msvc_pact_selection *s,
                           struct msvc_error *err)
{
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    if (s->selector_count > 0) {
        msvc_json_key(&w, "consumerVersionSelectors");
        msvc_json_begin_array(&w);
        for (size_t i = 0; i < s->selector_count; i++)
            write_selector(&w, &s->selectors[i]);
        msvc_json_end_array(&w);
    }
    msvc_json_member_bool(&w, "includePendingStatus", s->includes_pending);
    msvc__broker_member(&w, "includeWipPactsSince", s->wip_since);
    msvc__broker_member(&w, "providerVersionBranch", s->provider_branch);
    if (s->provider_tags != NULL) {
        msvc_json_key(&w, "providerVersionTags");
        msvc_json_begin_array(&w);
        for (const char *const *tag = s->provider_tags; *tag != NULL; tag++)
            msvc_json_text(&w, *tag);
        msvc_json_end_array(&w);
    }
    msvc_json_end_object(&w);
    return msvc__broker_written(&w, err);
}

static int ask(struct msvc_pact_broker_reply **out, struct msvc_pact_broker *broker,
               const struct msvc_pact_selection *selection, struct msvc_error *err)
{
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    int status = write_selection(&body, selection, err);

    if (status == 0)
        status = msvc__broker_go(
            out, broker, "pb:provider-pacts-for-verification",
            MSVC__PARAMS({ "provider", selection->provider }),
            &(struct msvc__broker_call){ .method = "POST", .body = &body, .needs_json = true },
            err);
    msvc_buffer_clear(&body);
    return status;
}

static bool is_true(const struct msvc_json *object, const char *name)
{
    return msvc_json_type(msvc_json_member(object, name)) == MSVC_JSON_TRUE;
}

static char *copy_or_empty(const char *text)
{
    return msvc__copy_text(text != NULL ? text : "");
}

/* Those for before the verification, a line each. */
static char *copy_notices(const struct msvc_json *properties)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    char *copy;

    for (const struct msvc_json *one = msvc_json_first(msvc_json_member(properties, "notices"));
         one != NULL; one = msvc_json_next(one)) {
        const char *when = msvc_json_string(msvc_json_member(one, "when"), NULL);
        const char *line = msvc_json_string(msvc_json_member(one, "text"), NULL);

        if (line == NULL || (when != NULL && strcmp(when, "before_verification") != 0))
            continue;
        msvc_buffer_text(&text, text.length > 0 ? "\n" : "");
        msvc_buffer_text(&text, line);
    }
    copy = text.length > 0 ? msvc_buffer_steal(&text) : copy_or_empty(NULL);
    msvc_buffer_clear(&text);
    return copy;
}

static const char *name_of(const struct msvc_json *described)
{
    const struct msvc_json *self = msvc_json_member(msvc_json_member(described, "_links"), "self");
    const char *name = msvc_json_string(msvc_json_member(self, "name"), NULL);

    return name != NULL ? name : msvc_json_string(msvc_json_member(self, "title"), NULL);
}

static int describe(struct msvc__fetched *item, const struct msvc_json *described,
                    struct msvc_error *err)
{
    const struct msvc_json *properties = msvc_json_member(described, "verificationProperties");

    item->name = copy_or_empty(name_of(described));
    item->why =
        copy_or_empty(msvc_json_string(msvc_json_member(described, "shortDescription"), NULL));
    item->notices = copy_notices(properties);
    if (item->name == NULL || item->why == NULL || item->notices == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory");
    item->shown = (struct msvc_pact_fetched){
        .name = item->name,
        .why = item->why,
        .notices = item->notices,
        .is_pending = is_true(properties, "pending"),
        .is_wip = is_true(properties, "wip"),
    };
    item->shown.text = msvc_http_answer_body(item->reply->answer, &item->shown.length);
    return 0;
}

static int fetch_one(struct msvc__fetched *item, struct msvc_pact_broker *broker,
                     const struct msvc_json *described, struct msvc_error *err)
{
    int status = msvc__broker_go_link(
        &item->reply, broker, msvc__hal_link(described, "self", NULL), "self (of a pact)",
        &(struct msvc__broker_call){ .accept = MSVC__HAL_OR_JSON, .needs_json = true }, err);

    return status == 0 ? describe(item, described, err) : status;
}

static int fetch_all(struct msvc_pact_list *list, struct msvc_pact_broker *broker,
                     const struct msvc_json *root, struct msvc_error *err)
{
    const struct msvc_json *pacts = msvc_json_member(msvc_json_member(root, "_embedded"), "pacts");
    int status = 0;

    if (msvc_json_type(pacts) != MSVC_JSON_ARRAY)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__BROKER, 0,
                              "expected _embedded.pacts to be a list");
    list->items = msvc__new_array(msvc_json_count(pacts) + 1, sizeof(*list->items));
    if (list->items == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory");
    for (const struct msvc_json *one = msvc_json_first(pacts); status == 0 && one != NULL;
         one = msvc_json_next(one))
        status = fetch_one(&list->items[list->count++], broker, one, err);
    return status;
}

int msvc_pact_broker_fetch(struct msvc_pact_broker *broker,
                           const struct msvc_pact_selection *selection, struct msvc_pact_list **out,
                           struct msvc_error *err)
{
    struct msvc_pact_selection s;
    struct msvc_pact_broker_reply *reply = NULL;
    struct msvc_pact_list *list;
    int status = msvc__options_copy(&s, sizeof(s), selection);

    if (status < 0 || broker == NULL || out == NULL || s.provider == NULL ||
        (s.selector_count > 0 && s.selectors == NULL))
        return msvc__broker_invalid(err, "a provider, and as many selectors as are counted");
    list = msvc__new(sizeof(*list));
    if (list == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory");
    status = ask(&reply, broker, &s, err);
    if (status == 0)
        status = fetch_all(list, broker, msvc__reply_root(reply), err);
    msvc_pact_broker_reply_free(reply);
    if (status < 0)
        msvc_pact_list_free(list);
    else
        *out = list;
    return status;
}

void msvc_pact_list_free(struct msvc_pact_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++) {
        msvc_pact_broker_reply_free(list->items[i].reply);
        free(list->items[i].name);
        free(list->items[i].why);
        free(list->items[i].notices);
    }
    free(list->items);
    free(list);
}

size_t msvc_pact_list_count(const struct msvc_pact_list *list)
{
    return list != NULL ? list->count : 0;
}

const struct msvc_pact_fetched *msvc_pact_list_at(const struct msvc_pact_list *list, size_t index)
{
    return index < msvc_pact_list_count(list) ? &list->items[index].shown : NULL;
}
