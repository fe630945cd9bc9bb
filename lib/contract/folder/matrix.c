/* SPDX-License-Identifier: MIT */
/*
 * Which versions go together. Every participant of the question stands for a
 * set of versions; a single question brings its counterparts in, in the
 * versions that are at the target. Each pact between two of them wants a result.
 */
#include "contract/folder/matrix_internal.h"

#include <string.h>

#include "contract/model_internal.h"

/* A set for a participant: {"name", "asked": whether the question names it, "versions": […]} */
static json_t *find_set(const struct msvc__matrix *m, const char *name)
{
    json_t *set;
    size_t i;

    json_array_foreach(m->sets, i, set)
    {
        if (strcmp(msvc__folder_text(set, "name"), name) == 0)
            return set;
    }
    return NULL;
}

static bool is_ignored(const struct msvc__matrix *m, const char *name, const char *version)
{
    json_t *one;
    size_t i;

    json_array_foreach(m->ignored, i, one)
    {
        const char *own = msvc__folder_text(one, "version");

        if (strcmp(msvc__folder_text(one, "pacticipant"), name) == 0 &&
            (own == NULL || (version != NULL && strcmp(own, version) == 0)))
            return true;
    }
    return false;
}

static json_t *side(const char *name, const char *version)
{
    return version != NULL ? json_pack("{s:s, s:{s:s}}", "name", name, "version", "number", version)
                           : json_pack("{s:s}", "name", name);
}

static void count(struct msvc__matrix *m, int result, bool ignored)
{
    if (ignored)
        m->ignored_count++;
    else if (result < 0)
        m->unknown_count++;
    else if (result == 0)
        m->failed_count++;
    else
        m->kept_count++;
}

static void add_row(struct msvc__matrix *m, const char *consumer, const char *consumer_version,
                    const char *provider, const char *provider_version, int result)
{
    bool ignored =
        is_ignored(m, consumer, consumer_version) || is_ignored(m, provider, provider_version);
    json_t *row;

    if (m->only_successes && result != 1)
        return;
    count(m, result, ignored);
    row = json_pack("{s:o, s:o, s:o}", "consumer", side(consumer, consumer_version), "provider",
                    side(provider, provider_version), "verificationResult",
                    result < 0 ? json_null() : json_pack("{s:b}", "success", result == 1));
    if (ignored)
        (void)json_object_set_new(row, "ignored", json_true());
    (void)json_array_append_new(m->rows, row);
    if (result == 1 || ignored)
        return;
    if (provider_version == NULL)
        (void)json_array_append_new(
            m->reasons, json_sprintf("no version of %s is there to keep the pact of %s %s",
                                     provider, consumer, consumer_version));
    else
        (void)json_array_append_new(
            m->reasons, json_sprintf(result == 0 ? "%s %s does not keep the pact of %s %s"
                                                 : "%s %s has not verified the pact of %s %s",
                                     provider, provider_version, consumer, consumer_version));
}

/* All versions of the provider against one pact. */
static void compare(struct msvc__matrix *m, const char *consumer, const char *version,
                    const json_t *provider)
{
    const char *name = msvc__folder_text(provider, "name");
    json_t *versions = json_object_get(provider, "versions");
    char id[MSVC__CONTENT_ID_SIZE];
    json_t *number;
    size_t i;

    if (m->status == 0)
        m->status = msvc__pact_id_of(id, m->call->folder, consumer, version, name, &m->err);
    if (m->status < 0 || id[0] == '\0')
        return;
    json_array_foreach(versions, i, number)
        add_row(m, consumer, version, name, json_string_value(number),
                msvc__result_of(m->call->folder, name, json_string_value(number), consumer, id));
    if (json_array_size(versions) == 0)
        add_row(m, consumer, version, name, NULL, -1);
}

static bool is_asked(const json_t *set)
{
    return json_is_true(json_object_get(set, "asked"));
}

static void compare_all(struct msvc__matrix *m)
{
    json_t *consumer;
    json_t *provider;
    json_t *version;
    size_t i;
    size_t k;
    size_t n;

    json_array_foreach(m->sets, i, consumer)
    {
        json_array_foreach(m->sets, k, provider)
        {
            if (!is_asked(consumer) && !is_asked(provider))
                continue;
            json_array_foreach(json_object_get(consumer, "versions"), n, version) compare(
                m, msvc__folder_text(consumer, "name"), json_string_value(version), provider);
        }
    }
}

/* Bring in whom a participant of the question has pacts with. */
static void add_counterpart(struct msvc__matrix *m, const char *name)
{
    json_t *set = find_set(m, name) == NULL ? msvc__matrix_target(m, name) : NULL;

    if (set != NULL)
        (void)json_array_append_new(m->sets, set);
}

static void add_counterparts(struct msvc__matrix *m, const json_t *asked)
{
    const char *name = msvc__folder_text(asked, "name");
    json_t *all = msvc__folder_list(m->call->folder, MSVC__PARTS("pacticipants"));
    json_t *consumers = msvc__folder_list(m->call->folder, MSVC__PARTS("pacts"));
    json_t *one;
    json_t *version;
    size_t i;
    size_t k;

    json_array_foreach(json_object_get(asked, "versions"), k, version)
    {
        json_array_foreach(all, i, one)
        {
            if (msvc__pact_exists(m->call->folder, name, json_string_value(version),
                                  json_string_value(one)))
                add_counterpart(m, json_string_value(one));
        }
    }
    json_array_foreach(consumers, i, one)
    {
        if (strcmp(json_string_value(one), name) != 0)
            add_counterpart(m, json_string_value(one));
    }
    json_decref(consumers);
    json_decref(all);
}

/* In the order of importance: a failure says more than something missing. */
static json_t *deployable(const struct msvc__matrix *m)
{
    if (m->failed_count > 0)
        return json_false();
    return m->unknown_count > 0 || m->is_incomplete ? json_null() : json_true();
}

static json_t *reason(const struct msvc__matrix *m)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    json_t *words;
    json_t *one;
    size_t i;

    json_array_foreach(m->reasons, i, one)
        msvc_buffer_printf(&text, "%s%s", i > 0 ? "\n" : "", json_string_value(one));
    if (json_array_size(m->reasons) == 0)
        msvc_buffer_text(&text, m->kept_count > 0 ? "every pact is verified and kept"
                                                  : "there is no pact to keep");
    words = json_string(text.data != NULL ? text.data : "");
    msvc_buffer_clear(&text);
    return words;
}

static json_t *present(const struct msvc__matrix *m)
{
    return json_pack("{s:{s:o, s:o, s:i, s:i, s:i, s:i}, s:[{s:s, s:o}], s:O}", "summary",
                     "deployable", deployable(m), "reason", reason(m), "success", m->kept_count,
                     "failed", m->failed_count, "unknown", m->unknown_count, "ignored",
                     m->ignored_count, "notices", "type",
                     m->failed_count + m->unknown_count > 0 ? "error" : "success", "text",
                     reason(m), "matrix", m->rows);
}

json_t *msvc__folder_matrix(struct msvc__folder_call *call)
{
    struct msvc__matrix m = { .call = call };
    json_t *answer = msvc__matrix_read(&m);
    json_t *set;
    size_t i;
    size_t asked = json_array_size(m.sets);

    if (answer == NULL && m.has_target) {
        json_array_foreach(m.sets, i, set)
        {
            if (i < asked)
                add_counterparts(&m, set);
        }
    }
    if (answer == NULL)
        compare_all(&m);
    if (answer == NULL)
        answer = m.status < 0 ? msvc__folder_fail(call, &m.err) : present(&m);
    msvc__matrix_clear(&m);
    return answer;
}
