/* SPDX-License-Identifier: MIT */
/* A version as a resource: with a link for each environment it may be recorded in. */
#include "contract/folder/folder_internal.h"

#include <string.h>

static json_t *record_links(const json_t *environments, const char *pacticipant, const char *number,
                            const char *kind)
{
    json_t *links = json_array();
    json_t *one;
    size_t i;

    json_array_foreach(environments, i, one)
    {
        const char *name = msvc__folder_text(one, "name");
        json_t *link =
            strcmp(kind, "deployed") == 0
                ? MSVC__LINK("/pacticipants/%/versions/%/deployed-versions/environment/%",
                             pacticipant, number, name)
                : MSVC__LINK("/pacticipants/%/versions/%/released-versions/environment/%",
                             pacticipant, number, name);

        (void)json_object_set_new(link, "name", json_string(name));
        (void)json_array_append_new(links, link);
    }
    return links;
}

static json_t *present(struct msvc__folder_call *call, const char *pacticipant, json_t *version)
{
    const char *number = msvc__folder_text(version, "number");
    struct msvc_error err;
    json_t *environments = msvc__environments_read(call->folder, &err);
    json_t *shown;

    if (environments == NULL)
        return msvc__folder_fail(call, &err);
    shown = json_copy(version);
    (void)json_object_set_new(
        shown, "_links",
        json_pack("{s:o, s:o, s:o}", "self",
                  MSVC__LINK("/pacticipants/%/versions/%", pacticipant, number),
                  "pb:record-deployment",
                  record_links(environments, pacticipant, number, "deployed"), "pb:record-release",
                  record_links(environments, pacticipant, number, "released")));
    json_decref(environments);
    return shown;
}

json_t *msvc__folder_get_version(struct msvc__folder_call *call)
{
    const char *pacticipant = msvc__folder_name(call, "pacticipant");
    const char *number = msvc__folder_name(call, "version");
    json_t *participant = NULL;
    json_t *version;
    json_t *answer;
    struct msvc_error err;

    if (msvc__participant_read(&participant, call->folder, pacticipant, &err) < 0)
        return msvc__folder_fail(call, &err);
    version = msvc__version_find(participant, number);
    answer = version != NULL
                 ? present(call, pacticipant, version)
                 : msvc__folder_refuse(call, 404, "no version %s of \"%s\"", number, pacticipant);
    json_decref(participant);
    return answer;
}

json_t *msvc__folder_latest_version(struct msvc__folder_call *call)
{
    const char *pacticipant = msvc__folder_name(call, "pacticipant");
    const char *tag = msvc__folder_name(call, "tag");
    json_t *participant = NULL;
    json_t *latest = NULL;
    json_t *version;
    json_t *answer;
    struct msvc_error err;
    size_t i;

    if (msvc__participant_read(&participant, call->folder, pacticipant, &err) < 0)
        return msvc__folder_fail(call, &err);
    json_array_foreach(json_object_get(participant, "versions"), i, version)
    {
        if (tag == NULL || msvc__version_has(version, "tags", tag))
            latest = version;
    }
    answer = latest != NULL
                 ? present(call, pacticipant, latest)
                 : msvc__folder_refuse(call, 404, "no such version of \"%s\"", pacticipant);
    json_decref(participant);
    return answer;
}
