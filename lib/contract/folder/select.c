/* SPDX-License-Identifier: MIT */
/*
 * Which pacts a provider has to verify. Pacts with the same contents are
 * verified once, whatever selected them.
 */
#include "contract/folder/folder_internal.h"

#include <string.h>

/* What one request is about. */
struct choice {
    struct msvc__folder_call *call;
    const char *provider;
    const json_t *body;
    json_t *environments;
    json_t *found; /* by consumer and id: {"consumer","version","why":[…],"wip"} */
    struct msvc_error err;
    int status;
};

static bool flag(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

static void add(struct choice *c, const char *consumer, const char *version, json_t *why,
                bool is_wip)
{
    char id[MSVC__CONTENT_ID_SIZE];
    struct msvc_buffer key = MSVC_BUFFER_INIT;
    json_t *item;

    c->status = msvc__pact_id_of(id, c->call->folder, consumer, version, c->provider, &c->err);
    msvc_buffer_printf(&key, "%s %s", id, consumer);
    item = json_object_get(c->found, key.data != NULL ? key.data : "");
    if (c->status == 0 && item == NULL && key.data != NULL) {
        item = json_pack("{s:s, s:s, s:s, s:[], s:b}", "consumer", consumer, "version", version,
                         "id", id, "why", "wip", is_wip);
        (void)json_object_set_new(c->found, key.data, item);
    }
    if (item != NULL && flag(item, "wip") == is_wip)
        (void)json_array_append(json_object_get(item, "why"), why);
    json_decref(why);
    msvc_buffer_clear(&key);
}

/* Whether a version is what a selector asks for, but for "latest". */
static bool fits(const struct choice *c, const json_t *selector, const json_t *participant,
                 const json_t *version)
{
    const char *consumer = msvc__folder_text(participant, "name");
    const char *number = msvc__folder_text(version, "number");
    const char *branch = msvc__folder_text(selector, "branch");
    const char *tag = msvc__folder_text(selector, "tag");
    const char *environment = msvc__folder_text(selector, "environment");
    bool either =
        flag(selector, "deployedOrReleased") ||
        (environment != NULL && !flag(selector, "deployed") && !flag(selector, "released"));
    bool is_deployed =
        msvc__environment_has(c->environments, environment, "deployed", consumer, number);
    bool is_released =
        msvc__environment_has(c->environments, environment, "released", consumer, number);

    return (branch == NULL || msvc__version_has(version, "branches", branch)) &&
           (tag == NULL || msvc__version_has(version, "tags", tag)) &&
           (!flag(selector, "deployed") || is_deployed) &&
           (!flag(selector, "released") || is_released) && (!either || is_deployed || is_released);
}

static bool wants_one(const json_t *selector)
{
    return flag(selector, "latest") || msvc__folder_text(selector, "branch") != NULL;
}

static json_t *describe(const json_t *selector, bool is_one)
{
    static const char *const texts[] = { "branch", "tag", "environment" };
    static const char *const flags[] = { "deployed", "released", "deployedOrReleased" };
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    json_t *words;

    msvc_buffer_text(&text, is_one ? "latest" : "all");
    for (size_t i = 0; i < 3; i++) {
        if (flag(selector, flags[i]))
            msvc_buffer_printf(&text, " %s", i == 2 ? "deployed or released" : flags[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        if (msvc__folder_text(selector, texts[i]) != NULL)
            msvc_buffer_printf(&text, " of %s %s", texts[i], msvc__folder_text(selector, texts[i]));
    }
    words = json_string(text.data != NULL ? text.data : "");
    msvc_buffer_clear(&text);
    return words;
}

/* Returns how many versions of the consumer were selected. */
static size_t apply(struct choice *c, const json_t *selector, const json_t *participant)
{
    const char *consumer = msvc__folder_text(participant, "name");
    json_t *versions = json_object_get(participant, "versions");
    bool is_one = wants_one(selector);
    size_t count = 0;

    for (size_t i = json_array_size(versions); i-- > 0 && !(is_one && count > 0);) {
        const json_t *version = json_array_get(versions, i);
        const char *number = msvc__folder_text(version, "number");

        if (number == NULL || !fits(c, selector, participant, version) ||
            !msvc__pact_exists(c->call->folder, consumer, number, c->provider))
            continue;
        add(c, consumer, number, describe(selector, is_one), false);
        count++;
    }
    return count;
}

/* "mainBranch" and "matchingBranch" are branches with a name that is known elsewhere; a new
 * reference, NULL when there is no such name. */
static json_t *resolve(const struct choice *c, const json_t *selector, const json_t *participant)
{
    json_t *resolved = json_copy((json_t *)(uintptr_t)selector);
    json_t *branch = NULL;

    if (flag(selector, "mainBranch"))
        branch = json_object_get(participant, "mainBranch");
    else if (flag(selector, "matchingBranch"))
        branch = json_object_get(c->body, "providerVersionBranch");
    else
        return resolved;
    if (flag(selector, "mainBranch") && branch == NULL)
        (void)json_object_set_new(resolved, "branch", json_string("main"));
    else if (json_is_string(branch))
        (void)json_object_set(resolved, "branch", branch);
    else {
        json_decref(resolved);
        return NULL;
    }
    return resolved;
}

static void apply_with_fallback(struct choice *c, const json_t *selector, const json_t *participant)
{
    const char *only = msvc__folder_text(selector, "consumer");
    json_t *resolved;

    if (only != NULL && strcmp(only, msvc__folder_text(participant, "name")) != 0)
        return;
    resolved = resolve(c, selector, participant);
    if (resolved != NULL && apply(c, resolved, participant) == 0) {
        bool has_branch = msvc__folder_text(selector, "fallbackBranch") != NULL;
        bool has_tag = msvc__folder_text(selector, "fallbackTag") != NULL;

        if (has_branch)
            (void)json_object_set(resolved, "branch", json_object_get(selector, "fallbackBranch"));
        if (has_tag)
            (void)json_object_set(resolved, "tag", json_object_get(selector, "fallbackTag"));
        if (has_branch || has_tag)
            (void)apply(c, resolved, participant);
    }
    json_decref(resolved);
}

/* A provider's version counts if it is on the branch, or has one of the tags, of this one. */
static bool counts(const struct choice *c, const json_t *version)
{
    const char *branch = msvc__folder_text(c->body, "providerVersionBranch");
    const json_t *tags = json_object_get(c->body, "providerVersionTags");
    json_t *tag;
    size_t i;

    if (branch == NULL && json_array_size(tags) == 0)
        return true;
    if (branch != NULL && msvc__version_has(version, "branches", branch))
        return true;
    json_array_foreach(tags, i, tag)
    {
        if (json_is_string(tag) && msvc__version_has(version, "tags", json_string_value(tag)))
            return true;
    }
    return false;
}

/* A pact is pending until a version of the provider that counts has kept it. */
static bool is_pending(const struct choice *c, const char *consumer, const char *id)
{
    json_t *provider = NULL;
    json_t *version;
    bool was_kept = false;
    size_t i;

    (void)msvc__participant_read(&provider, c->call->folder, c->provider, NULL);
    json_array_foreach(json_object_get(provider, "versions"), i, version)
    {
        const char *number = msvc__folder_text(version, "number");

        if (number != NULL && counts(c, version) &&
            msvc__result_of(c->call->folder, c->provider, number, consumer, id) == 1)
            was_kept = true;
    }
    json_decref(provider);
    return !was_kept;
}

/* Heads of branches since that day that nobody selected and that are pending. */
static void add_work(struct choice *c, const json_t *participant, const char *since)
{
    const char *consumer = msvc__folder_text(participant, "name");
    json_t *versions = json_object_get(participant, "versions");
    json_t *seen = json_object();

    for (size_t i = json_array_size(versions); i-- > 0;) {
        const json_t *version = json_array_get(versions, i);
        const char *number = msvc__folder_text(version, "number");
        const char *created = msvc__folder_text(version, "createdAt");
        char id[MSVC__CONTENT_ID_SIZE] = "";
        json_t *branch;
        size_t k;

        if (number == NULL || created == NULL || strcmp(created, since) < 0 ||
            !msvc__pact_exists(c->call->folder, consumer, number, c->provider))
            continue;
        c->status = msvc__pact_id_of(id, c->call->folder, consumer, number, c->provider, &c->err);
        json_array_foreach(json_object_get(version, "branches"), k, branch)
        {
            const char *name = json_string_value(branch);

            if (name == NULL || json_object_get(seen, name) != NULL)
                continue;
            (void)json_object_set(seen, name, branch);
            if (is_pending(c, consumer, id))
                add(c, consumer, number, json_sprintf("in work on branch %s", name), true);
        }
    }
    json_decref(seen);
}

static void select_from(struct choice *c, const json_t *participant)
{
    const json_t *selectors = json_object_get(c->body, "consumerVersionSelectors");
    const char *since = msvc__folder_text(c->body, "includeWipPactsSince");
    json_t *selector;
    size_t i;

    json_array_foreach(selectors, i, selector) apply_with_fallback(c, selector, participant);
    if (json_array_size(selectors) == 0) { /* what every broker falls back to */
        selector = json_pack("{s:b}", "latest", true);
        (void)apply(c, selector, participant);
        json_decref(selector);
    }
    if (since != NULL)
        add_work(c, participant, since);
}

static json_t *present_one(const struct choice *c, const json_t *item)
{
    const char *consumer = msvc__folder_text(item, "consumer");
    const char *version = msvc__folder_text(item, "version");
    json_t *properties = json_object();
    struct msvc_buffer why = MSVC_BUFFER_INIT;
    json_t *link =
        MSVC__LINK("/pacts/provider/%/consumer/%/version/%", c->provider, consumer, version);
    json_t *shown;
    json_t *reason;
    size_t i;

    json_array_foreach(json_object_get(item, "why"), i, reason)
        msvc_buffer_printf(&why, "%s%s", i > 0 ? ", " : "", json_string_value(reason));
    if (flag(c->body, "includePendingStatus") || flag(item, "wip"))
        (void)json_object_set_new(
            properties, "pending",
            json_boolean(is_pending(c, consumer, msvc__folder_text(item, "id"))));
    if (flag(item, "wip"))
        (void)json_object_set_new(properties, "wip", json_true());
    (void)json_object_set_new(
        link, "name", json_sprintf("Pact between %s (%s) and %s", consumer, version, c->provider));
    shown = json_pack("{s:s, s:o, s:{s:o}}", "shortDescription", why.data != NULL ? why.data : "",
                      "verificationProperties", properties, "_links", "self", link);
    msvc_buffer_clear(&why);
    return shown;
}

/* In the order of consumers and versions, not of ids. */
static json_t *present(const struct choice *c)
{
    json_t *shown = json_array();
    const char *key;
    json_t *item;

    json_object_foreach(c->found, key, item)(void)
        json_array_append_new(shown, present_one(c, item));
    return json_pack("{s:{s:o}}", "_embedded", "pacts", shown);
}

json_t *msvc__folder_for_verification(struct msvc__folder_call *call)
{
    json_t *answer = NULL;
    json_t *body = msvc__folder_body(call, &answer);
    json_t *consumers = msvc__folder_list(call->folder, MSVC__PARTS("pacts"));
    struct choice c = { .call = call, .body = body };
    json_t *consumer;
    size_t i;

    c.provider = msvc__folder_name(call, "provider");
    c.found = json_object();
    c.environments = msvc__environments_read(call->folder, &c.err);
    if (body != NULL && c.environments == NULL)
        answer = msvc__folder_fail(call, &c.err);
    json_array_foreach(consumers, i, consumer)
    {
        json_t *participant = NULL;

        if (answer == NULL && c.status == 0)
            c.status = msvc__participant_read(&participant, call->folder,
                                              json_string_value(consumer), &c.err);
        if (participant != NULL)
            select_from(&c, participant);
        json_decref(participant);
    }
    if (answer == NULL)
        answer = c.status < 0 ? msvc__folder_fail(call, &c.err) : present(&c);
    json_decref(c.environments);
    json_decref(c.found);
    json_decref(consumers);
    json_decref(body);
    return answer;
}
