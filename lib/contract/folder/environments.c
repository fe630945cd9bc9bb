/* SPDX-License-Identifier: MIT */
/* Environments and what is in them. An environment's id is its name. */
#include "contract/folder/folder_internal.h"

#include <string.h>

#include <msvc/status.h>

static int read_one(json_t **out, const struct msvc_pact_folder *folder, const char *name,
                    struct msvc_error *err)
{
    static const char *const lists[] = { "deployed", "released" };
    int status = msvc__folder_read(out, folder, MSVC__PARTS("environments", name), err);

    for (size_t i = 0; status == 0 && *out != NULL && i < 2; i++) {
        if (!json_is_array(json_object_get(*out, lists[i])))
            (void)json_object_set_new(*out, lists[i], json_array());
    }
    return status;
}

json_t *msvc__environments_read(const struct msvc_pact_folder *folder, struct msvc_error *err)
{
    json_t *names = msvc__folder_list(folder, MSVC__PARTS("environments"));
    json_t *all = json_array();
    json_t *name;
    size_t i;

    json_array_foreach(names, i, name)
    {
        json_t *one = NULL;

        if (read_one(&one, folder, json_string_value(name), err) < 0) {
            json_decref(all);
            json_decref(names);
            return NULL;
        }
        (void)json_array_append_new(all, one);
    }
    json_decref(names);
    return all;
}

bool msvc__folder_same(const json_t *object, const char *name, const char *wanted)
{
    const char *found = msvc__folder_text(object, name);

    return found == NULL || wanted == NULL ? found == wanted : strcmp(found, wanted) == 0;
}

bool msvc__environment_has(const json_t *environments, const char *environment, const char *list,
                           const char *participant, const char *version)
{
    json_t *one;
    json_t *entry;
    size_t i;
    size_t k;

    json_array_foreach(environments, i, one)
    {
        if (environment != NULL && !msvc__folder_same(one, "name", environment))
            continue;
        json_array_foreach(json_object_get(one, list), k, entry)
        {
            if (msvc__folder_same(entry, "pacticipant", participant) &&
                msvc__folder_same(entry, "version", version))
                return true;
        }
    }
    return false;
}

static json_t *present(const json_t *environment)
{
    const char *name = msvc__folder_text(environment, "name");
    json_t *shown = json_copy((json_t *)(uintptr_t)environment);

    (void)json_object_del(shown, "deployed");
    (void)json_object_del(shown, "released");
    (void)json_object_set_new(shown, "uuid", json_string(name));
    (void)json_object_set_new(
        shown, "_links",
        json_pack("{s:o, s:o, s:o}", "self", MSVC__LINK("/environments/%", name),
                  "pb:currently-deployed-deployed-versions",
                  MSVC__LINK("/environments/%/deployed-versions/currently-deployed", name),
                  "pb:currently-supported-released-versions",
                  MSVC__LINK("/environments/%/released-versions/currently-supported", name)));
    return shown;
}

json_t *msvc__folder_environments(struct msvc__folder_call *call)
{
    struct msvc_error err;
    json_t *all = msvc__environments_read(call->folder, &err);
    json_t *links = json_array();
    json_t *shown = json_array();
    json_t *one;
    size_t i;

    json_array_foreach(all, i, one)
    {
        const char *name = msvc__folder_text(one, "name");
        json_t *link = MSVC__LINK("/environments/%", name);

        (void)json_object_set_new(link, "name", json_string(name));
        (void)json_array_append_new(links, link);
        (void)json_array_append_new(shown, present(one));
    }
    if (all == NULL) {
        json_decref(links);
        json_decref(shown);
        return msvc__folder_fail(call, &err);
    }
    json_decref(all);
    return json_pack("{s:{s:o}, s:{s:o}}", "_embedded", "environments", shown, "_links",
                     "pb:environments", links);
}

/* The environment of the request; NULL when there is none, which was refused. */
json_t *msvc__environment_known(struct msvc__folder_call *call, json_t **refusal)
{
    const char *name = msvc__folder_name(call, "environment");
    struct msvc_error err;
    json_t *environment = NULL;

    if (read_one(&environment, call->folder, name, &err) < 0)
        *refusal = msvc__folder_fail(call, &err);
    else if (environment == NULL)
        *refusal = msvc__folder_refuse(call, 404, "no environment \"%s\"", name);
    return environment;
}

json_t *msvc__folder_get_environment(struct msvc__folder_call *call)
{
    json_t *answer = NULL;
    json_t *environment = msvc__environment_known(call, &answer);

    if (environment != NULL)
        answer = present(environment);
    json_decref(environment);
    return answer;
}

json_t *msvc__environment_save(struct msvc__folder_call *call, const json_t *environment)
{
    struct msvc_error err;

    if (msvc__folder_write(call->folder,
                           MSVC__PARTS("environments", msvc__folder_text(environment, "name")),
                           environment, &err) < 0)
        return msvc__folder_fail(call, &err);
    return present(environment);
}

json_t *msvc__folder_add_environment(struct msvc__folder_call *call)
{
    json_t *answer = NULL;
    json_t *body = msvc__folder_body(call, &answer);
    const char *name = msvc__folder_text(body, "name");

    if (body == NULL)
        return answer;
    if (name == NULL || name[0] == '\0' || strchr(name, '/') != NULL)
        answer = msvc__folder_refuse(call, 400, "expected a name without a slash");
    else if (msvc__folder_has(call->folder, MSVC__PARTS("environments", name)))
        answer = msvc__folder_refuse(call, 409, "there is an environment \"%s\"", name);
    if (answer == NULL) {
        (void)json_object_set_new(body, "createdAt", msvc__folder_now(call));
        call->status = 201;
        answer = msvc__environment_save(call, body);
    }
    json_decref(body);
    return answer;
}

json_t *msvc__folder_change_environment(struct msvc__folder_call *call)
{
    json_t *answer = NULL;
    json_t *body = msvc__folder_body(call, &answer);
    json_t *environment = body != NULL ? msvc__environment_known(call, &answer) : NULL;

    if (environment != NULL) {
        (void)json_object_set(body, "name", json_object_get(environment, "name"));
        (void)json_object_update(environment, body);
        answer = msvc__environment_save(call, environment);
    }
    json_decref(environment);
    json_decref(body);
    return answer;
}

json_t *msvc__folder_delete_environment(struct msvc__folder_call *call)
{
    json_t *answer = NULL;
    json_t *environment = msvc__environment_known(call, &answer);
    struct msvc_error err;

    if (environment != NULL &&
        msvc__folder_remove(call->folder,
                            MSVC__PARTS("environments", msvc__folder_text(environment, "name")),
                            &err) < 0)
        answer = msvc__folder_fail(call, &err);
    json_decref(environment);
    return answer;
}
