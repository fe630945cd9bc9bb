/* SPDX-License-Identifier: MIT */
/* What is deployed and released in an environment. */
#include "contract/folder/folder_internal.h"

#include <stdio.h>
#include <string.h>

/* Entries have the id under which they can be ended: what makes them one, hashed. */
static json_t *make_entry(const struct msvc__folder_call *call, const char *instance)
{
    const char *names[] = { msvc__folder_name(call, "pacticipant"),
                            msvc__folder_name(call, "version"), instance };
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    char id[17];
    json_t *entry;

    for (size_t i = 0; i < 3; i++) {
        for (const char *at = names[i] != NULL ? names[i] : ""; *at != '\0'; at++)
            hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
        hash = (hash ^ 0xff) * UINT64_C(0x100000001b3);
    }
    (void)snprintf(id, sizeof(id), "%016llx", (unsigned long long)hash);
    entry = json_pack("{s:s, s:s, s:s, s:o}", "id", id, "pacticipant", names[0], "version",
                      names[1], "createdAt", msvc__folder_now(call));
    if (instance != NULL)
        (void)json_object_set_new(entry, "instance", json_string(instance));
    return entry;
}

static json_t *present_entry(const json_t *entry, const char *environment, const char *list)
{
    const char *id = msvc__folder_text(entry, "id");
    json_t *shown =
        json_pack("{s:s, s:b, s:{s:{s:s}, s:{s:s}}, s:{s:o}}", "uuid", id,
                  strcmp(list, "deployed") == 0 ? "currentlyDeployed" : "currentlySupported", true,
                  "_embedded", "pacticipant", "name", msvc__folder_text(entry, "pacticipant"),
                  "version", "number", msvc__folder_text(entry, "version"), "_links", "self",
                  strcmp(list, "deployed") == 0
                      ? MSVC__LINK("/environments/%/deployed-versions/%", environment, id)
                      : MSVC__LINK("/environments/%/released-versions/%", environment, id));

    if (json_object_get(entry, "instance") != NULL)
        (void)json_object_set(shown, "applicationInstance", json_object_get(entry, "instance"));
    return shown;
}

/* What a new deployment takes the place of. */
static void remove_old(json_t *list, const json_t *entry, bool whatever_version)
{
    for (size_t i = json_array_size(list); i-- > 0;) {
        const json_t *old = json_array_get(list, i);

        if (msvc__folder_same(old, "pacticipant", msvc__folder_text(entry, "pacticipant")) &&
            msvc__folder_same(old, "instance", msvc__folder_text(entry, "instance")) &&
            (whatever_version ||
             msvc__folder_same(old, "version", msvc__folder_text(entry, "version"))))
            (void)json_array_remove(list, i);
    }
}

static bool is_version(struct msvc__folder_call *call, json_t **refusal)
{
    const char *name = msvc__folder_name(call, "pacticipant");
    const char *number = msvc__folder_name(call, "version");
    json_t *participant = NULL;
    struct msvc_error err;
    bool is_known;

    if (msvc__participant_read(&participant, call->folder, name, &err) < 0) {
        *refusal = msvc__folder_fail(call, &err);
        return false;
    }
    is_known = msvc__version_find(participant, number) != NULL;
    json_decref(participant);
    if (!is_known)
        *refusal = msvc__folder_refuse(call, 404, "no version %s of \"%s\"", number, name);
    return is_known;
}

static json_t *record(struct msvc__folder_call *call, const char *list)
{
    json_t *answer = NULL;
    json_t *body = msvc__folder_body(call, &answer);
    json_t *environment =
        body != NULL && is_version(call, &answer) ? msvc__environment_known(call, &answer) : NULL;
    const char *instance = msvc__folder_text(body, "applicationInstance");
    json_t *entry;

    if (environment != NULL) {
        if (instance == NULL)
            instance = msvc__folder_text(body, "target");
        entry = make_entry(call, instance);
        remove_old(json_object_get(environment, list), entry, strcmp(list, "deployed") == 0);
        (void)json_array_append(json_object_get(environment, list), entry);
        call->status = 201;
        answer = msvc__environment_save(call, environment);
        if (call->status == 201) {
            json_decref(answer);
            answer = present_entry(entry, msvc__folder_text(environment, "name"), list);
        }
        json_decref(entry);
    }
    json_decref(environment);
    json_decref(body);
    return answer;
}

json_t *msvc__folder_deploy(struct msvc__folder_call *call)
{
    return record(call, "deployed");
}

json_t *msvc__folder_release(struct msvc__folder_call *call)
{
    return record(call, "released");
}

static json_t *current(struct msvc__folder_call *call, const char *list, const char *title)
{
    const char *pacticipant = msvc__folder_name(call, "pacticipant");
    json_t *answer = NULL;
    json_t *environment = msvc__environment_known(call, &answer);
    json_t *shown = json_array();
    json_t *entry;
    size_t i;

    json_array_foreach(json_object_get(environment, list), i, entry)
    {
        if (pacticipant == NULL || msvc__folder_same(entry, "pacticipant", pacticipant))
            (void)json_array_append_new(
                shown, present_entry(entry, msvc__folder_text(environment, "name"), list));
    }
    if (environment != NULL)
        answer = json_pack("{s:{s:O}}", "_embedded", title, shown);
    json_decref(shown);
    json_decref(environment);
    return answer;
}

json_t *msvc__folder_deployed(struct msvc__folder_call *call)
{
    return current(call, "deployed", "deployedVersions");
}

json_t *msvc__folder_released(struct msvc__folder_call *call)
{
    return current(call, "released", "releasedVersions");
}

static json_t *end(struct msvc__folder_call *call, const char *list, const char *flag)
{
    const char *id = msvc__folder_name(call, "id");
    json_t *answer = NULL;
    json_t *body = msvc__folder_body(call, &answer);
    json_t *environment = body != NULL ? msvc__environment_known(call, &answer) : NULL;
    json_t *entries = json_object_get(environment, list);
    size_t count = json_array_size(entries);

    if (environment != NULL && !json_is_false(json_object_get(body, flag))) {
        answer = msvc__folder_refuse(call, 400, "expected {\"%s\":false}", flag);
    } else if (environment != NULL) {
        for (size_t i = count; i-- > 0;) {
            if (msvc__folder_same(json_array_get(entries, i), "id", id))
                (void)json_array_remove(entries, i);
        }
        answer = json_array_size(entries) < count
                     ? msvc__environment_save(call, environment)
                     : msvc__folder_refuse(call, 404, "nothing %s has the id %s", list, id);
    }
    json_decref(environment);
    json_decref(body);
    return answer;
}

json_t *msvc__folder_undeploy(struct msvc__folder_call *call)
{
    return end(call, "deployed", "currentlyDeployed");
}

json_t *msvc__folder_end_support(struct msvc__folder_call *call)
{
    return end(call, "released", "currentlySupported");
}
