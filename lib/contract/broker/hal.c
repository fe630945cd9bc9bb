/* SPDX-License-Identifier: MIT */
/*
 * Links of HAL (draft-kelly-json-hal-08), and the "{name}" of RFC 6570 in
 * them. A broker behind a proxy often names itself by a host that its clients
 * cannot reach, and a reply must never send us and our token elsewhere: only
 * path and query of a link count.
 */
#include "contract/broker/broker_internal.h"

#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#define UNRESERVED "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
#define IN_TARGET  UNRESERVED "!$&'()*+,;=:@/?%[]"

#define LINK_MAX 16384 /* bytes */

void msvc__broker_encode(struct msvc_buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr(UNRESERVED, *text) != NULL)
            msvc_buffer_byte(out, *text);
        else
            msvc_buffer_printf(out, "%%%02X", (unsigned char)*text);
    }
}

static const char *href(const struct msvc_json *link)
{
    return msvc_json_string(msvc_json_member(link, "href"), NULL);
}

static bool is_named(const struct msvc_json *link, const char *name)
{
    const char *own = msvc_json_string(msvc_json_member(link, "name"), NULL);

    return name == NULL || (own != NULL && strcmp(own, name) == 0);
}

const char *msvc__hal_link(const struct msvc_json *resource, const char *relation, const char *name)
{
    const struct msvc_json *found =
        msvc_json_member(msvc_json_member(resource, "_links"), relation);

    if (msvc_json_type(found) != MSVC_JSON_ARRAY)
        return is_named(found, name) ? href(found) : NULL;
    for (const struct msvc_json *link = msvc_json_first(found); link != NULL;
         link = msvc_json_next(link)) {
        if (is_named(link, name))
            return href(link);
    }
    return NULL;
}

/* What stands behind scheme, host and the path that the transport puts in front. */
static const char *local_part(const struct msvc_pact_broker *broker, const char *link)
{
    const char *host = strstr(link, "://");
    size_t length = strlen(broker->base_path);

    if (host != NULL && host < link + strcspn(link, "/?{"))
        link = host + 3 + strcspn(host + 3, "/?{");
    if (length > 0 && strncmp(link, broker->base_path, length) == 0 &&
        (link[length] == '/' || link[length] == '\0' || link[length] == '?'))
        link += length;
    return link;
}

static const char *value_of(const struct msvc__broker_param *params, const char *name,
                            size_t length)
{
    for (; params != NULL && params->name != NULL; params++) {
        if (strlen(params->name) == length && memcmp(params->name, name, length) == 0)
            return params->value;
    }
    return NULL;
}

/* "{name}", of which `at` is the brace. Returns its length, 0 when it cannot be filled in. */
static size_t expand(struct msvc_buffer *out, const char *at,
                     const struct msvc__broker_param *params)
{
    size_t length = strcspn(at + 1, "}");
    const char *value = value_of(params, at + 1, length);

    if (at[1 + length] != '}' || value == NULL)
        return 0;
    msvc__broker_encode(out, value);
    return length + 2;
}

int msvc__hal_target(struct msvc_buffer *out, const struct msvc_pact_broker *broker,
                     const char *link, const struct msvc__broker_param *params,
                     struct msvc_error *err)
{
    const char *at = local_part(broker, link);

    if (strlen(link) > LINK_MAX)
        return msvc_error_set(err, MSVC_ERR_LIMIT, MSVC__BROKER, 0,
                              "the broker sent a link of more than %d bytes", LINK_MAX);
    if (*at != '/')
        msvc_buffer_byte(out, '/');
    while (*at != '\0') {
        size_t length = *at == '{' ? expand(out, at, params) : 1;

        if (length == 0 || (*at != '{' && strchr(IN_TARGET, *at) == NULL))
            return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__BROKER, 0,
                                  "the broker sent the link \"%s\", expected a URL with nothing "
                                  "else to fill in than what the relation has",
                                  link);
        if (*at != '{')
            msvc_buffer_byte(out, *at);
        at += length;
    }
    return msvc_buffer_status(out) == 0
               ? 0
               : msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory");
}
