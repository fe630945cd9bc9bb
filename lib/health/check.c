/* SPDX-License-Identifier: MIT */
/* A check with its own copies of what its options point to. */
#include "health/health_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"

#define DEFAULT_INTERVAL_MS 5000
#define DEFAULT_TIMEOUT_MS  2000

bool msvc__health_copy_text(const char **text)
{
    const char *given = *text;

    *text = msvc__copy_text(given);
    return given == NULL || *text != NULL;
}

void msvc__health_free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

bool msvc__health_copy_list(const char *const **list)
{
    const char *const *given = *list;
    const char **copy;
    size_t count = 0;

    *list = NULL;
    if (given == NULL)
        return true;
    while (given[count] != NULL)
        count++;
    copy = msvc__new_array(count + 1, sizeof(*copy));
    *list = copy;
    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = msvc__copy_text(given[i]);
        if (copy[i] == NULL)
            return false;
    }
    return copy != NULL;
}

void msvc__health_free_list(const char *const *list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        msvc__health_free_text(list[i]);
    free((void *)(uintptr_t)list);
}

bool msvc__health_copy_links(const struct msvc_health_link **links)
{
    const struct msvc_health_link *given = *links;
    struct msvc_health_link *copy;
    size_t count = 0;

    *links = NULL;
    if (given == NULL)
        return true;
    while (given[count].name != NULL)
        count++;
    copy = msvc__new_array(count + 1, sizeof(*copy));
    *links = copy;
    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i].name = msvc__copy_text(given[i].name);
        copy[i].uri = msvc__copy_text(given[i].uri != NULL ? given[i].uri : "");
        if (copy[i].name == NULL || copy[i].uri == NULL)
            return false;
    }
    return copy != NULL;
}

/* A copy that failed may have one without the other. */
void msvc__health_free_links(const struct msvc_health_link *links)
{
    for (size_t i = 0; links != NULL && (links[i].name != NULL || links[i].uri != NULL); i++) {
        msvc__health_free_text(links[i].name);
        msvc__health_free_text(links[i].uri);
    }
    free((void *)(uintptr_t)links);
}

void msvc__health_check_free(struct check *check)
{
    if (check == NULL)
        return;
    msvc__health_free_text(check->options.name);
    msvc__health_free_text(check->options.component_id);
    msvc__health_free_text(check->options.component_type);
    msvc__health_free_list(check->options.affected_endpoints);
    msvc__health_free_links(check->options.links);
    free(check);
}

/* All are copied, so that all may be freed. */
static bool copy_texts(struct msvc_health_check *o)
{
    bool has_name = msvc__health_copy_text(&o->name);
    bool has_id = msvc__health_copy_text(&o->component_id);
    bool has_type = msvc__health_copy_text(&o->component_type);
    bool has_endpoints = msvc__health_copy_list(&o->affected_endpoints);
    bool has_links = msvc__health_copy_links(&o->links);

    return has_name && has_id && has_type && has_endpoints && has_links;
}

static void fill_in(unsigned *option, unsigned fallback)
{
    if (*option == 0)
        *option = fallback;
}

int msvc__health_check_new(struct check **out, const struct msvc_health_check *options)
{
    struct check *check = msvc__new(sizeof(*check));

    if (check == NULL)
        return MSVC_ERR_NOMEM;
    check->options = *options;
    if (!copy_texts(&check->options)) {
        msvc__health_check_free(check);
        return MSVC_ERR_NOMEM;
    }
    fill_in(&check->options.interval_ms, DEFAULT_INTERVAL_MS);
    fill_in(&check->options.timeout_ms, DEFAULT_TIMEOUT_MS);
    fill_in(&check->options.failures_to_fail, 1);
    fill_in(&check->options.successes_to_pass, 1);
    check->is_failing = true;
    (void)msvc_error_set(&check->last, MSVC_ERR_STATE, "health", 0, "not yet run");
    *out = check;
    return 0;
}
