/* SPDX-License-Identifier: MIT */
#include "telemetry/resource_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/os_internal.h"

#define SERVICE_NAME "service.name"
#define OWN_COUNT    4

static bool is_own(const char *key)
{
    return strcmp(key, SERVICE_NAME) == 0 || strcmp(key, "telemetry.sdk.name") == 0 ||
           strcmp(key, "telemetry.sdk.language") == 0 || strcmp(key, "telemetry.sdk.version") == 0;
}

static bool copy(struct msvc_attribute *out, const struct msvc_attribute *given)
{
    *out = *given;
    out->key = msvc__copy_text(given->key);
    if (given->type == MSVC_ATTRIBUTE_STRING)
        out->value.string.data =
            msvc__copy_bytes(given->value.string.data, given->value.string.length);
    return out->key != NULL &&
           (given->type != MSVC_ATTRIBUTE_STRING || out->value.string.data != NULL);
}

static struct msvc_attribute service_name(char *fallback, size_t size, const char *name,
                                          const struct msvc_attribute *given)
{
    if (name != NULL)
        return MSVC_STR(SERVICE_NAME, name);
    for (; given != NULL && given->key != NULL; given++) {
        if (strcmp(given->key, SERVICE_NAME) == 0)
            return *given;
    }
    (void)snprintf(fallback, size, "unknown_service:%s", msvc__os_program_name());
    return MSVC_STR(SERVICE_NAME, fallback);
}

int msvc__resource_new(struct msvc_attribute **out, size_t *count, const char *name,
                       const struct msvc_attribute *given)
{
    char fallback[256];
    struct msvc_attribute own[OWN_COUNT] = {
        service_name(fallback, sizeof(fallback), name, given),
        MSVC_STR("telemetry.sdk.language", "c"),
        MSVC_STR("telemetry.sdk.name", "libmsvc"),
        MSVC_STR("telemetry.sdk.version", msvc_version()),
    };
    struct msvc_attribute *resource;
    size_t most = OWN_COUNT;
    size_t used = 0;

    for (size_t i = 0; given != NULL && given[i].key != NULL; i++)
        most++;
    resource = msvc__new_array(most, sizeof(resource[0]));
    if (resource == NULL)
        return MSVC_ERR_NOMEM;
    for (size_t i = 0; i < OWN_COUNT; i++) {
        if (!copy(&resource[used++], &own[i]))
            goto fail;
    }
    for (; given != NULL && given->key != NULL; given++) {
        if (!is_own(given->key) && !copy(&resource[used++], given))
            goto fail;
    }
    *out = resource;
    *count = used;
    return 0;

fail:
    msvc__resource_free(resource, used);
    return MSVC_ERR_NOMEM;
}

/* The strings are ours, const only for those who read them. */
static void free_text(const char *text)
{
    union {
        const char *given;
        char *ours;
    } text_of = { text };

    free(text_of.ours);
}

void msvc__resource_free(struct msvc_attribute *resource, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free_text(resource[i].key);
        if (resource[i].type == MSVC_ATTRIBUTE_STRING)
            free_text(resource[i].value.string.data);
    }
    free(resource);
}
