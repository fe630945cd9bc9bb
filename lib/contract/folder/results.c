/* SPDX-License-Identifier: MIT */
/* Results belong to the contents of a pact, whichever versions of the consumer have it. */
#include "contract/folder/folder_internal.h"

#include <string.h>

int msvc__result_of(const struct msvc_pact_folder *folder, const char *provider,
                    const char *version, const char *consumer, const char *id)
{
    json_t *result = NULL;
    int answer = -1;

    if (msvc__folder_read(&result, folder, MSVC__PARTS("results", provider, version, consumer, id),
                          NULL) == 0 &&
        result != NULL)
        answer = json_is_true(json_object_get(result, "success"));
    json_decref(result);
    return answer;
}

static bool is_id(const char *id)
{
    return strlen(id) == MSVC__CONTENT_ID_SIZE - 1 &&
           strspn(id, "0123456789abcdef") == MSVC__CONTENT_ID_SIZE - 1;
}

/* The provider's version is known from now on. */
static int note_version(struct msvc__folder_call *call, const char *provider, const char *version,
                        struct msvc_error *err)
{
    json_t *participant = NULL;
    int status = msvc__participant_ensure(&participant, call->folder, provider, err);

    if (status == 0) {
        (void)msvc__version_ensure(call, participant, version);
        status = msvc__participant_write(call->folder, participant, err);
    }
    json_decref(participant);
    return status;
}

json_t *msvc__folder_add_result(struct msvc__folder_call *call)
{
    const char *provider = msvc__folder_name(call, "provider");
    const char *consumer = msvc__folder_name(call, "consumer");
    const char *id = msvc__folder_name(call, "id");
    json_t *answer = NULL;
    json_t *body = msvc__folder_body(call, &answer);
    const char *version = msvc__folder_text(body, "providerApplicationVersion");
    struct msvc_error err;

    if (body == NULL)
        return answer;
    if (version == NULL || strchr(version, '/') != NULL || !is_id(id) ||
        !json_is_boolean(json_object_get(body, "success"))) {
        answer = msvc__folder_refuse(
            call, 400, "expected providerApplicationVersion without a slash, and success");
    } else {
        (void)json_object_set_new(body, "verifiedAt", msvc__folder_now(call));
        if (note_version(call, provider, version, &err) < 0 ||
            msvc__folder_write(call->folder,
                               MSVC__PARTS("results", provider, version, consumer, id), body,
                               &err) < 0)
            answer = msvc__folder_fail(call, &err);
        else
            call->status = 201;
    }
    if (answer == NULL)
        answer = json_pack("{s:O}", "success", json_object_get(body, "success"));
    json_decref(body);
    return answer;
}
