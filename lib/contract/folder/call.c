/* SPDX-License-Identifier: MIT */
/* What the handlers have in common: names, bodies, links, refusals; and the index. */
#include "contract/folder/folder_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/http_router.h>
#include <msvc/status.h>

#include "contract/broker/broker_internal.h"

json_t *msvc__folder_refuse(struct msvc__folder_call *call, int status, const char *format, ...)
{
    struct msvc_error err; /* which makes a text fit to be shown of anything */
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    va_list arguments;

    va_start(arguments, format);
    msvc_buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    (void)msvc_error_set(&err, MSVC_ERR_REFUSED, MSVC__FOLDER, 0, "%s",
                         text.data != NULL ? text.data : "");
    msvc_buffer_clear(&text);
    call->status = status;
    return json_pack("{s:s}", "error", err.message);
}

json_t *msvc__folder_fail(struct msvc__folder_call *call, const struct msvc_error *err)
{
    return msvc__folder_refuse(call, 500, "%s", err->message);
}

const char *msvc__folder_name(const struct msvc__folder_call *call, const char *name)
{
    const char *found = msvc_http_param(call->exchange, name);

    return found != NULL ? found : msvc_http_query(call->exchange, name, 0);
}

json_t *msvc__folder_body(struct msvc__folder_call *call, json_t **refusal)
{
    size_t length = 0;
    const char *text = msvc_http_body(call->exchange, &length);
    json_error_t problem;
    json_t *body =
        length > 0 ? json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem) : json_object();

    if (json_is_object(body))
        return body;
    *refusal = msvc__folder_refuse(call, 400, "expected a body with a JSON object%s%s",
                                   body == NULL ? ": " : "", body == NULL ? problem.text : "");
    json_decref(body);
    return NULL;
}

json_t *msvc__folder_now(const struct msvc__folder_call *call)
{
    char text[MSVC_TIME_SIZE];

    msvc_time_format(text, msvc_clock_wall_ns(call->folder->clock));
    return json_sprintf("%.19sZ", text);
}

json_t *msvc__folder_link(const char *path, const char *const *names)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    json_t *link = NULL;

    for (const char *at = path; *at != '\0'; at++) {
        if (*at == '%')
            msvc__broker_encode(&text, *names++);
        else
            msvc_buffer_byte(&text, *at);
    }
    if (msvc_buffer_status(&text) == 0)
        link = json_pack("{s:s}", "href", text.data);
    msvc_buffer_clear(&text);
    return link;
}

const char *msvc__folder_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* Branches and tags may hold slashes, which a path cannot: they are in the query. */
json_t *msvc__folder_index(struct msvc__folder_call *call)
{
    static const struct {
        const char *relation;
        const char *target;
    } relations[] = {
        { "self", "/" },
        { "pb:publish-contracts", "/contracts/publish" },
        { "pb:publish-pact",
          "/pacts/provider/{provider}/consumer/{consumer}/version/{consumerApplicationVersion}" },
        { "pb:latest-pact-versions", "/pacts/latest" },
        { "pb:tagged-pact-versions", "/pacts/latest?tag={tag}" },
        { "pb:latest-provider-pacts", "/pacts/provider/{provider}/latest" },
        { "pb:latest-provider-pacts-with-tag", "/pacts/provider/{provider}/latest?tag={tag}" },
        { "pb:provider-pacts-for-verification", "/pacts/provider/{provider}/for-verification" },
        { "pb:pacticipants", "/pacticipants" },
        { "pb:pacticipant", "/pacticipants/{pacticipant}" },
        { "pb:pacticipant-version", "/pacticipants/{pacticipant}/versions/{version}" },
        { "pb:pacticipant-version-tag",
          "/pacticipants/{pacticipant}/versions/{version}/tag?tag={tag}" },
        { "pb:pacticipant-branch", "/pacticipants/{pacticipant}/branch?branch={branch}" },
        { "pb:pacticipant-branch-version",
          "/pacticipants/{pacticipant}/branch/{version}?branch={branch}" },
        { "pb:latest-version", "/pacticipants/{pacticipant}/latest-version" },
        { "pb:latest-tagged-version", "/pacticipants/{pacticipant}/latest-version?tag={tag}" },
        { "pb:environments", "/environments" },
    };
    json_t *links = json_object();

    (void)call;
    for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++)
        json_object_set_new(links, relations[i].relation,
                            json_pack("{s:s, s:b}", "href", relations[i].target, "templated",
                                      strchr(relations[i].target, '{') != NULL));
    return json_pack("{s:o}", "_links", links);
}
