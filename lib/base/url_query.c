/* SPDX-License-Identifier: MIT */
/* A URL configures a driver by its query: what nobody reads is a mistake, and said so. */
#include <msvc/url.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/url_internal.h"

#define ORIGIN "core"

bool msvc__url_is_secret(const char *name)
{
    static const char *const words[] = { "password", "secret", "token", "key" };
    size_t length = strlen(name);

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t ending = strlen(words[i]);

        if (length >= ending && strcasecmp(name + length - ending, words[i]) == 0)
            return true;
    }
    return false;
}

const char *msvc_url_query(const struct msvc_url *url, const char *key)
{
    for (size_t i = 0; i < msvc_url_query_count(url); i++) {
        if (strcmp(url->pairs[i].key, key) == 0)
            return url->pairs[i].value;
    }
    return NULL;
}

static bool is_known(const char *key, const char *const *known)
{
    for (; *known != NULL; known++) {
        if (strcmp(key, *known) == 0)
            return true;
    }
    return false;
}

static int refuse_key(const char *key, const char *const *known, struct msvc_error *err)
{
    char list[256] = "none";
    size_t length = 0;

    for (size_t i = 0; known[i] != NULL && length < sizeof(list); i++) {
        int more =
            snprintf(list + length, sizeof(list) - length, "%s%s", i > 0 ? ", " : "", known[i]);

        length += more > 0 ? (size_t)more : 0;
    }
    return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0,
                          "unknown query key \"%.64s\" in a URL; known: %s", key, list);
}

int msvc_url_check_query(const struct msvc_url *url, const char *const *known,
                         struct msvc_error *err)
{
    if (known == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0, "expected query keys, found NULL");
    for (size_t i = 0; i < msvc_url_query_count(url); i++) {
        if (!is_known(url->pairs[i].key, known))
            return refuse_key(url->pairs[i].key, known, err);
    }
    return 0;
}

/* Whether all of text is a decimal number that fits. */
static bool read_number(uint64_t *out, const char *text)
{
    uint64_t number = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        unsigned digit = (unsigned)(*text - '0');

        if (*text < '0' || *text > '9' || number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *out = number;
    return true;
}

int msvc_url_query_number(uint64_t *out, const struct msvc_url *url, const char *key,
                          uint64_t fallback, uint64_t least, uint64_t most, struct msvc_error *err)
{
    const char *text = msvc_url_query(url, key);
    uint64_t number = fallback;

    if (text != NULL && (!read_number(&number, text) || number < least || number > most))
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0,
                              "query key \"%.64s\" is \"%.64s\", expected a number from %llu to "
                              "%llu",
                              key, msvc__url_is_secret(key) ? MSVC__URL_HIDDEN : text,
                              (unsigned long long)least, (unsigned long long)most);
    *out = number;
    return 0;
}
