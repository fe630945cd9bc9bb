/* SPDX-License-Identifier: MIT */
/* "q[][pacticipant]=a&q[][version]=1&q[][pacticipant]=b&environment=production" */
#include "contract/folder/matrix_internal.h"

#include <string.h>

#include <msvc/http_router.h>
#include <msvc/status.h>

#include "contract/model_internal.h"

/* A selector begins where a name comes again. */
static void add_field(json_t *list, const char *field, const char *value)
{
    json_t *last = json_array_get(list, json_array_size(list) - 1);

    if (last == NULL || json_object_get(last, field) != NULL) {
        last = json_object();
        (void)json_array_append_new(list, last);
    }
    (void)json_object_set_new(last, field, json_string(value));
}

/* "q[][version]" is the field "version" of "q"; NULL when it is not. */
static char *field_of(char *name, const char *list)
{
    size_t length = strlen(list);
    char *end = strrchr(name, ']');

    if (strncmp(name, list, length) != 0 || strncmp(name + length, "[][", 3) != 0 || end == NULL ||
        end[1] != '\0' || end <= name + length + 2)
        return NULL;
    *end = '\0';
    return name + length + 3;
}

static void read_pair(struct msvc__matrix *m, char *name, const char *value)
{
    static const char *const targets[] = { "environment", "tag", "branch", "mainBranch", "latest" };
    char *field = field_of(name, "q");

    if (field != NULL) {
        add_field(m->asked, field, value);
        return;
    }
    field = field_of(name, "ignore");
    if (field != NULL) {
        add_field(m->ignored, field, value);
        return;
    }
    if (strcmp(name, "success[]") == 0 || strcmp(name, "success") == 0)
        m->only_successes = strcmp(value, "true") == 0;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        if (strcmp(name, targets[i]) == 0) {
            (void)json_object_set_new(m->target, name, json_string(value));
            m->has_target = true;
        }
    }
}

static int read_query(struct msvc__matrix *m)
{
    struct msvc__pairs pairs = { .items = NULL };
    int status = msvc__pairs_add_query(&pairs, msvc_http_query_text(m->call->exchange));

    for (size_t i = 0; status == 0 && i < pairs.count; i++)
        read_pair(m, (char *)(uintptr_t)pairs.items[i].name, pairs.items[i].value);
    msvc__pairs_clear(&pairs);
    return status;
}

static bool is_in_environment(const struct msvc__matrix *m, const char *environment,
                              const char *name, const char *number)
{
    return msvc__environment_has(m->environments, environment, "deployed", name, number) ||
           msvc__environment_has(m->environments, environment, "released", name, number);
}

static bool fits(const struct msvc__matrix *m, const json_t *selector, const json_t *participant,
                 const json_t *version)
{
    const char *number = msvc__folder_text(version, "number");
    const char *wanted = msvc__folder_text(selector, "version");
    const char *branch = msvc__folder_text(selector, "branch");
    const char *tag = msvc__folder_text(selector, "tag");
    const char *environment = msvc__folder_text(selector, "environment");

    if (json_object_get(selector, "mainBranch") != NULL) {
        branch = msvc__folder_text(participant, "mainBranch");
        branch = branch != NULL ? branch : "main";
    }
    return number != NULL && (wanted == NULL || strcmp(wanted, number) == 0) &&
           (branch == NULL || msvc__version_has(version, "branches", branch)) &&
           (tag == NULL || msvc__version_has(version, "tags", tag)) &&
           (environment == NULL ||
            is_in_environment(m, environment, msvc__folder_text(participant, "name"), number));
}

/* The versions that a selector means, in their order. */
static json_t *select_versions(const struct msvc__matrix *m, const json_t *selector,
                               const json_t *participant)
{
    bool is_one = json_object_get(selector, "latest") != NULL;
    json_t *found = json_array();
    json_t *version;
    size_t i;

    json_array_foreach(json_object_get(participant, "versions"), i, version)
    {
        if (!fits(m, selector, participant, version))
            continue;
        if (is_one)
            (void)json_array_clear(found);
        (void)json_array_append(found, json_object_get(version, "number"));
    }
    return found;
}

json_t *msvc__matrix_target(struct msvc__matrix *m, const char *name)
{
    json_t *participant = NULL;
    json_t *set = NULL;

    if (m->status == 0)
        m->status = msvc__participant_read(&participant, m->call->folder, name, &m->err);
    if (m->status == 0)
        set = json_pack("{s:s, s:b, s:o}", "name", name, "asked", false, "versions",
                        select_versions(m, m->target, participant));
    json_decref(participant);
    return set;
}

/* The set of one selector, or a refusal. */
static json_t *add_set(struct msvc__matrix *m, const json_t *selector)
{
    const char *name = msvc__folder_text(selector, "pacticipant");
    json_t *participant = NULL;
    json_t *versions;

    if (name == NULL)
        return msvc__folder_refuse(m->call, 400, "expected q[][pacticipant]");
    if (msvc__participant_read(&participant, m->call->folder, name, &m->err) < 0)
        return msvc__folder_fail(m->call, &m->err);
    if (participant == NULL)
        return msvc__folder_refuse(m->call, 400, "no participant \"%s\"", name);
    versions = select_versions(m, selector, participant);
    if (json_array_size(versions) == 0) {
        const char *number = msvc__folder_text(selector, "version");

        m->is_incomplete = true;
        (void)json_array_append_new(m->reasons, json_sprintf("there is no such version of %s%s%s",
                                                             name, number != NULL ? ": " : "",
                                                             number != NULL ? number : ""));
    }
    (void)json_array_append_new(
        m->sets, json_pack("{s:s, s:b, s:o}", "name", name, "asked", true, "versions", versions));
    json_decref(participant);
    return NULL;
}

/* What is to be ignored needs a name. */
static void clean_ignored(struct msvc__matrix *m)
{
    for (size_t i = json_array_size(m->ignored); i-- > 0;) {
        if (msvc__folder_text(json_array_get(m->ignored, i), "pacticipant") == NULL)
            (void)json_array_remove(m->ignored, i);
    }
}

json_t *msvc__matrix_read(struct msvc__matrix *m)
{
    json_t *refusal = NULL;
    json_t *selector;
    size_t i;

    m->asked = json_array();
    m->ignored = json_array();
    m->target = json_object();
    m->sets = json_array();
    m->rows = json_array();
    m->reasons = json_array();
    m->environments = msvc__environments_read(m->call->folder, &m->err);
    if (m->environments == NULL)
        return msvc__folder_fail(m->call, &m->err);
    if (read_query(m) < 0)
        return msvc__folder_refuse(m->call, 500, "no memory");
    clean_ignored(m);
    if (json_array_size(m->asked) == 0)
        return msvc__folder_refuse(m->call, 400, "expected at least one q[][pacticipant]");
    json_array_foreach(m->asked, i, selector)
    {
        if (refusal == NULL)
            refusal = add_set(m, selector);
    }
    return refusal;
}

void msvc__matrix_clear(struct msvc__matrix *m)
{
    json_decref(m->environments);
    json_decref(m->asked);
    json_decref(m->ignored);
    json_decref(m->target);
    json_decref(m->sets);
    json_decref(m->rows);
    json_decref(m->reasons);
}
