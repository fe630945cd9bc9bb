/* SPDX-License-Identifier: MIT */
/* Participants with their versions; what came later stands later. */
#include "contract/folder/folder_internal.h"

#include <string.h>

#include <msvc/status.h>

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__FOLDER, 0, "no memory");
}

int msvc__participant_read(json_t **out, const struct msvc_pact_folder *folder, const char *name,
                           struct msvc_error *err)
{
    int status = msvc__folder_read(out, folder, MSVC__PARTS("pacticipants", name), err);

    if (status == 0 && *out != NULL && !json_is_array(json_object_get(*out, "versions")))
        (void)json_object_set_new(*out, "versions", json_array());
    return status;
}

int msvc__participant_ensure(json_t **out, const struct msvc_pact_folder *folder, const char *name,
                             struct msvc_error *err)
{
    int status = msvc__participant_read(out, folder, name, err);

    if (status < 0 || *out != NULL)
        return status;
    *out = json_pack("{s:s, s:[]}", "name", name, "versions");
    return *out != NULL ? 0 : no_memory(err);
}

int msvc__participant_write(const struct msvc_pact_folder *folder, const json_t *participant,
                            struct msvc_error *err)
{
    return msvc__folder_write(folder,
                              MSVC__PARTS("pacticipants", msvc__folder_text(participant, "name")),
                              participant, err);
}

json_t *msvc__version_find(const json_t *participant, const char *number)
{
    json_t *versions = json_object_get(participant, "versions");
    json_t *version;
    size_t i;

    json_array_foreach(versions, i, version)
    {
        const char *own = msvc__folder_text(version, "number");

        if (own != NULL && number != NULL && strcmp(own, number) == 0)
            return version;
    }
    return NULL;
}

json_t *msvc__version_ensure(struct msvc__folder_call *call, json_t *participant,
                             const char *number)
{
    json_t *versions = json_object_get(participant, "versions");
    json_t *version = msvc__version_find(participant, number);

    if (version != NULL)
        return version;
    version = json_pack("{s:s, s:o}", "number", number, "createdAt", msvc__folder_now(call));
    return json_array_append_new(versions, version) == 0 ? version : NULL;
}

bool msvc__version_has(const json_t *version, const char *list, const char *name)
{
    json_t *one;
    size_t i;

    json_array_foreach(json_object_get(version, list), i, one)
    {
        if (json_is_string(one) && strcmp(json_string_value(one), name) == 0)
            return true;
    }
    return false;
}

int msvc__version_add(json_t *version, const char *list, const char *name)
{
    json_t *names = json_object_get(version, list);

    if (msvc__version_has(version, list, name))
        return 0;
    if (names == NULL) {
        names = json_array();
        if (json_object_set_new(version, list, names) < 0)
            return MSVC_ERR_NOMEM;
    }
    return json_array_append_new(names, json_string(name)) == 0 ? 0 : MSVC_ERR_NOMEM;
}

static void version_remove(json_t *version, const char *list, const char *name)
{
    json_t *names = json_object_get(version, list);

    for (size_t i = json_array_size(names); i-- > 0;) {
        if (strcmp(json_string_value(json_array_get(names, i)), name) == 0)
            (void)json_array_remove(names, i);
    }
}

/* For an answer: the versions are resources of their own. */
static json_t *present(const json_t *participant)
{
    const char *name = msvc__folder_text(participant, "name");
    json_t *shown = json_copy((json_t *)(uintptr_t)participant);
    json_t *versions = json_object_get(participant, "versions");
    const json_t *latest = json_array_get(versions, json_array_size(versions) - 1);

    (void)json_object_del(shown, "versions");
    if (json_array_size(versions) > 0)
        (void)json_object_set_new(
            shown, "_embedded",
            json_pack("{s:{s:s}}", "latestVersion", "number", msvc__folder_text(latest, "number")));
    (void)json_object_set_new(shown, "_links",
                              json_pack("{s:o, s:o}", "self", MSVC__LINK("/pacticipants/%", name),
                                        "pb:branches",
                                        MSVC__LINK("/pacticipants/%/branches", name)));
    return shown;
}

/* The participant of the request; NULL when there is none, which was refused. */
static json_t *known(struct msvc__folder_call *call, json_t **refusal)
{
    const char *name = msvc__folder_name(call, "pacticipant");
    struct msvc_error err;
    json_t *participant = NULL;

    if (msvc__participant_read(&participant, call->folder, name, &err) < 0)
        *refusal = msvc__folder_fail(call, &err);
    else if (participant == NULL)
        *refusal = msvc__folder_refuse(call, 404, "no participant \"%s\"", name);
    return participant;
}

json_t *msvc__folder_participants(struct msvc__folder_call *call)
{
    json_t *names = msvc__folder_list(call->folder, MSVC__PARTS("pacticipants"));
    json_t *shown = json_array();
    json_t *name;
    size_t i;

    json_array_foreach(names, i, name)
    {
        struct msvc_error err;
        json_t *participant = NULL;

        if (msvc__participant_read(&participant, call->folder, json_string_value(name), &err) < 0) {
            json_decref(shown);
            json_decref(names);
            return msvc__folder_fail(call, &err);
        }
        (void)json_array_append_new(shown, present(participant));
        json_decref(participant);
    }
    json_decref(names);
    return json_pack("{s:{s:O}, s:o}", "_embedded", "pacticipants", shown, "pacticipants", shown);
}

json_t *msvc__folder_get_participant(struct msvc__folder_call *call)
{
    json_t *answer = NULL;
    json_t *participant = known(call, &answer);

    if (participant != NULL)
        answer = present(participant);
    json_decref(participant);
    return answer;
}

static void take(json_t *participant, const json_t *body)
{
    static const char *const fields[] = { "displayName", "mainBranch", "repositoryUrl" };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (json_is_string(json_object_get(body, fields[i])))
            (void)json_object_set(participant, fields[i], json_object_get(body, fields[i]));
    }
}

static json_t *put_participant(struct msvc__folder_call *call, const char *name, const json_t *body)
{
    json_t *participant = NULL;
    json_t *answer;
    struct msvc_error err;

    if (name == NULL || name[0] == '\0' || strchr(name, '/') != NULL)
        return msvc__folder_refuse(call, 400, "expected a name without a slash");
    if (msvc__participant_ensure(&participant, call->folder, name, &err) < 0)
        return msvc__folder_fail(call, &err);
    take(participant, body);
    answer = msvc__participant_write(call->folder, participant, &err) == 0
                 ? present(participant)
                 : msvc__folder_fail(call, &err);
    json_decref(participant);
    return answer;
}

json_t *msvc__folder_add_participant(struct msvc__folder_call *call)
{
    json_t *answer = NULL;
    json_t *body = msvc__folder_body(call, &answer);

    if (body == NULL)
        return answer;
    call->status = 201;
    answer = put_participant(call, msvc__folder_text(body, "name"), body);
    json_decref(body);
    return answer;
}

json_t *msvc__folder_change_participant(struct msvc__folder_call *call)
{
    json_t *answer = NULL;
    json_t *body = msvc__folder_body(call, &answer);

    if (body == NULL)
        return answer;
    answer = put_participant(call, msvc__folder_name(call, "pacticipant"), body);
    json_decref(body);
    return answer;
}

json_t *msvc__folder_delete_participant(struct msvc__folder_call *call)
{
    json_t *answer = NULL;
    json_t *participant = known(call, &answer);
    struct msvc_error err;

    if (participant != NULL &&
        msvc__folder_remove(call->folder,
                            MSVC__PARTS("pacticipants", msvc__folder_name(call, "pacticipant")),
                            &err) < 0)
        answer = msvc__folder_fail(call, &err);
    json_decref(participant);
    return answer;
}

/* Put the version of the request on a list of it, or take it off. */
static json_t *change_version(struct msvc__folder_call *call, const char *list, const char *name)
{
    const char *pacticipant = msvc__folder_name(call, "pacticipant");
    const char *number = msvc__folder_name(call, "version");
    struct msvc_error err;
    json_t *participant = NULL;
    json_t *version;
    json_t *answer;

    if (name == NULL || number == NULL)
        return msvc__folder_refuse(call, 400, "expected a version, and a branch or tag");
    if (msvc__participant_ensure(&participant, call->folder, pacticipant, &err) < 0)
        return msvc__folder_fail(call, &err);
    call->status = msvc__version_find(participant, number) == NULL ? 201 : 200;
    version = msvc__version_ensure(call, participant, number);
    if (version == NULL || msvc__version_add(version, list, name) < 0)
        answer = msvc__folder_refuse(call, 500, "no memory");
    else if (msvc__participant_write(call->folder, participant, &err) < 0)
        answer = msvc__folder_fail(call, &err);
    else
        answer = json_pack("{s:s, s:{s:o}}", "name", name, "_links", "self",
                           MSVC__LINK("/pacticipants/%/versions/%", pacticipant, number));
    json_decref(participant);
    return answer;
}

json_t *msvc__folder_put_branch(struct msvc__folder_call *call)
{
    return change_version(call, "branches", msvc__folder_name(call, "branch"));
}

json_t *msvc__folder_put_tag(struct msvc__folder_call *call)
{
    return change_version(call, "tags", msvc__folder_name(call, "tag"));
}

/* From one version, or (number NULL) from all of them. */
static json_t *remove_name(struct msvc__folder_call *call, const char *list, const char *name,
                           const char *number)
{
    json_t *answer = NULL;
    json_t *participant = known(call, &answer);
    bool was_there = false;
    struct msvc_error err;
    json_t *version;
    size_t i;

    json_array_foreach(json_object_get(participant, "versions"), i, version)
    {
        if (number != NULL && version != msvc__version_find(participant, number))
            continue;
        was_there = was_there || msvc__version_has(version, list, name);
        version_remove(version, list, name);
    }
    if (participant != NULL && !was_there)
        answer = msvc__folder_refuse(call, 404, "no \"%s\" in its %s", name, list);
    else if (participant != NULL && msvc__participant_write(call->folder, participant, &err) < 0)
        answer = msvc__folder_fail(call, &err);
    json_decref(participant);
    return answer;
}

json_t *msvc__folder_delete_branch(struct msvc__folder_call *call)
{
    const char *branch = msvc__folder_name(call, "branch");

    return branch != NULL ? remove_name(call, "branches", branch, NULL)
                          : msvc__folder_refuse(call, 400, "expected a branch");
}

json_t *msvc__folder_delete_tag(struct msvc__folder_call *call)
{
    const char *tag = msvc__folder_name(call, "tag");

    return tag != NULL ? remove_name(call, "tags", tag, msvc__folder_name(call, "version"))
                       : msvc__folder_refuse(call, 400, "expected a tag");
}

json_t *msvc__folder_branches(struct msvc__folder_call *call)
{
    json_t *answer = NULL;
    json_t *participant = known(call, &answer);
    json_t *heads = json_object(); /* by branch: the last version on it */
    json_t *shown = json_array();
    json_t *value;
    const char *name;
    size_t i;
    size_t k;

    json_array_foreach(json_object_get(participant, "versions"), i, value)
    {
        json_t *branch;

        json_array_foreach(json_object_get(value, "branches"), k, branch)(void)
            json_object_set(heads, json_string_value(branch), json_object_get(value, "number"));
    }
    json_object_foreach(heads, name, value)(void)
        json_array_append_new(shown, json_pack("{s:s, s:{s:{s:O}}}", "name", name, "_embedded",
                                               "latestVersion", "number", value));
    if (participant != NULL)
        answer = json_pack("{s:{s:O}}", "_embedded", "branches", shown);
    json_decref(shown);
    json_decref(heads);
    json_decref(participant);
    return answer;
}
