/* SPDX-License-Identifier: MIT */
/* Which path of the document a request means: literal segments before templates. */
#include "contract/openapi/openapi_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

/* Where the path of a server's URL begins; "" when it has none. */
static const char *path_of(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host != NULL ? strchr(host + 3, '/') : url;

    return path != NULL ? path : "";
}

/* "{version}" of a server's URL stands for anything without a slash. Returns what is behind the
 * server's path, NULL when the path is not below it. */
static const char *behind(const char *path, const char *base)
{
    size_t length = strlen(base);

    while (length > 0 && base[length - 1] == '/')
        length--;
    for (const char *end = base + length; base < end;) {
        if (*base == '{') {
            base += strcspn(base, "}");
            base += base < end;
            path += strcspn(path, "/");
        } else if (*base++ != *path++) {
            return NULL;
        }
    }
    return *path == '/' || *path == '\0' ? path : NULL;
}

/* A segment with templates in it: "{id}", "{id}.json". Returns 2 when it is literal, 1 when it
 * fits, 0 when not, negative out of memory. */
static int fit_segment(struct msvc__pairs *params, const char *pattern, size_t pattern_length,
                       const char *text, size_t length)
{
    const char *open = memchr(pattern, '{', pattern_length);
    const char *close =
        open != NULL ? memchr(open, '}', pattern_length - (size_t)(open - pattern)) : NULL;
    size_t before;
    size_t after;
    int status;

    if (close == NULL)
        return pattern_length == length && memcmp(pattern, text, length) == 0 ? 2 : 0;
    before = (size_t)(open - pattern);
    after = pattern_length - (size_t)(close + 1 - pattern);
    if (length <= before + after || memcmp(pattern, text, before) != 0 ||
        memcmp(close + 1, text + length - after, after) != 0)
        return 0;
    status = msvc__pairs_add(params, open + 1, (size_t)(close - open - 1), text + before,
                             length - before - after);
    return status < 0 ? status : 1;
}

/* How many segments fit literally, plus one; 0 when it does not fit, negative out of memory. */
static int fit(struct msvc__pairs *params, const char *pattern, const char *path)
{
    int score = 1;

    while (*pattern == '/' && *path == '/') {
        size_t pattern_length = strcspn(pattern + 1, "/");
        size_t length = strcspn(path + 1, "/");
        int one = fit_segment(params, pattern + 1, pattern_length, path + 1, length);

        if (one <= 0)
            return one;
        score += one == 2;
        pattern += 1 + pattern_length;
        path += 1 + length;
    }
    return *pattern == '\0' && *path == '\0' ? score : 0;
}

/* The best path item for what is behind a server's path; `best` is the score to beat. */
static int search(struct msvc__route *out, const struct msvc_json *paths, const char *path,
                  int *best)
{
    for (const struct msvc_json *item = msvc_json_first(paths); item != NULL;
         item = msvc_json_next(item)) {
        struct msvc__pairs params = { .items = NULL };
        int score = fit(&params, msvc_json_name(item, NULL), path);

        if (score > *best) {
            *best = score;
            msvc__pairs_clear(&out->params);
            *out = (struct msvc__route){ item, msvc_json_name(item, NULL), params };
            continue;
        }
        msvc__pairs_clear(&params);
        if (score < 0)
            return score;
    }
    return 0;
}

bool msvc__openapi_route(struct msvc__route *out, const struct msvc_json *root, const char *path,
                         int *status)
{
    const struct msvc_json *paths = msvc_json_member(root, "paths");
    const struct msvc_json *servers = msvc_json_member(root, "servers");
    int best = 0;

    *status = 0;
    *out = (struct msvc__route){ .item = NULL };
    if (msvc_json_type(paths) != MSVC_JSON_OBJECT)
        return false;
    if (msvc_json_count(servers) == 0)
        *status = search(out, paths, path, &best);
    for (const struct msvc_json *one = msvc_json_first(servers); *status == 0 && one != NULL;
         one = msvc_json_next(one)) {
        const char *url = msvc_json_string(msvc_json_member(one, "url"), NULL);
        const char *rest = behind(path, url != NULL ? path_of(url) : "");

        if (rest != NULL)
            *status = search(out, paths, rest, &best);
    }
    return best > 0 && *status == 0;
}
