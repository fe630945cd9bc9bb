/* SPDX-License-Identifier: MIT */
/* A target that is taken has one reading: no dot segments, no control characters, its parameters
 * are parts of its decoded path; and matching ends. */
#include <string.h>

#include <msvc/http_router.h>
#include <msvc/status.h>

#include "base/utf8_internal.h"
#include "fuzz.h"
#include "http_server/routes_internal.h"
#include "http_server/target_internal.h"

const char *const fuzz_seeds[] = {
    "/api/v1/orders/42?limit=2&q=a+b%26c",
    "/files/a/b%20c/%C3%A4",
    "/a/b/c/d/e",
    "/%2e%2E/%2f%5c%00",
    "/orders//?&&=x&y=",
    NULL,
};

static void ignore(struct msvc_http_exchange *x, void *user)
{
    (void)x;
    (void)user;
}

static struct route_node *routes(void)
{
    static const char *const patterns[] = { "/", "/api/v1/orders/{id}", "/files/{path...}",
                                            "/{a}/b/{c}/d/{e}", "/{a}/{b}/{c...}" };
    struct route route = { .handler = ignore };
    struct route_node *root = NULL;

    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
        FUZZ_CHECK(msvc__routes_add(&root, &route, "GET", patterns[i]) == 0);
    return root;
}

static void check_path(const char *path)
{
    FUZZ_CHECK(path[0] == '/');
    FUZZ_CHECK(msvc__utf8_is_valid(path, strlen(path)));
    FUZZ_CHECK(strstr(path, "/../") == NULL && strstr(path, "/./") == NULL);
    for (; *path != '\0'; path++)
        FUZZ_CHECK((unsigned char)*path >= ' ' || *path == '\t');
}

static void match(struct target *target)
{
    struct route_node *root = routes();
    size_t length = strlen(target->path);
    struct route_match found;

    msvc__routes_find(&found, root, "GET", target->path);
    for (size_t i = 0; found.route != NULL && i < found.route->name_count; i++)
        FUZZ_CHECK(found.params[i] > target->path && found.params[i] <= target->path + length &&
                   strlen(found.params[i]) <= length);
    msvc__routes_free(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct target target;
    const char *problem;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (msvc__target_parse(&target, text, &problem) == 0) {
        FUZZ_CHECK(problem == NULL);
        FUZZ_CHECK(target.pair_count <= MSVC__HTTP_QUERY_MAX);
        check_path(target.path);
        match(&target);
        msvc__target_clear(&target);
    } else {
        FUZZ_CHECK(problem != NULL);
    }
    free(text);
    return 0;
}
