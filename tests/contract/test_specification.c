/* SPDX-License-Identifier: MIT */
/*
 * The cases of Pact's own specification, and ours for what those do not touch: what was expected,
 * what came, and whether that is a match. Both sides are read as parts of a file.
 *
 *     test_specification FOLDER
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>

#include "contract/match_internal.h"
#include "contract/pact_internal.h"

#include "test.h"

#define CASES_MAX 1000

struct example {
    char *path;
    unsigned version;
    enum { REQUEST, RESPONSE, MESSAGE } kind;
};

static struct example examples[CASES_MAX];
static struct CMUnitTest tests[CASES_MAX];
static size_t count;

static int read_part(struct msvc__part *out, const struct example *e, const struct msvc_json *json,
                     struct msvc_error *err)
{
    if (e->kind == MESSAGE)
        return msvc__message_read(out, json, e->version, err);
    return msvc__part_read(out, json, e->kind == REQUEST, e->version, err);
}

/* 1 a match, 0 mismatches, negative when a side cannot be read. */
static int compare(const struct example *e, const struct msvc_json *root,
                   struct msvc__mismatches *found, struct msvc_error *err)
{
    struct msvc__part expected = { .method = NULL };
    struct msvc__part actual = { .method = NULL };
    int status = read_part(&expected, e, msvc_json_member(root, "expected"), err);

    if (status == 0)
        status = read_part(&actual, e, msvc_json_member(root, "actual"), err);
    if (status == 0)
        status = msvc__match(found, &expected, &actual);
    msvc__part_clear(&expected);
    msvc__part_clear(&actual);
    return status < 0 ? status : found->found == 0;
}

/* Whether one of the mismatches says what the case wants to be told ("error", optional). */
static bool says(const struct msvc__mismatches *found, const struct msvc_json *root)
{
    const char *wanted = msvc_json_string(msvc_json_member(root, "error"), NULL);

    for (size_t i = 0; wanted != NULL && i < found->count; i++) {
        if (strstr(found->items[i].message, wanted) != NULL)
            return true;
    }
    return wanted == NULL;
}

/* Whether our verdict is that of the specification. */
static bool agrees_with(const struct example *e)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc__mismatches found = { .items = NULL };
    struct msvc_json_document *document = NULL;
    struct msvc_error err = { .message = "" };
    const struct msvc_json *root;
    bool agrees;
    int verdict;
    int wanted;

    assert_int_equal(msvc__pact_load(&text, e->path, &err), 0);
    assert_int_equal(msvc__pact_document(&document, text.data, text.length, &err), 0);
    root = msvc_json_root(document);
    wanted = msvc_json_type(msvc_json_member(root, "match")) == MSVC_JSON_TRUE;
    verdict = compare(e, root, &found, &err);
    agrees = verdict == wanted && says(&found, root);
    if (!agrees)
        print_message("# %s: %s\n", e->path,
                      found.count > 0 ? found.items[0].message : err.message);
    msvc__mismatches_clear(&found);
    msvc_json_free(document);
    msvc_buffer_clear(&text);
    return agrees;
}

static void agrees_with_the_specification(void **state)
{
    assert_true(agrees_with(*state));
}

static void add(const char *folder, const char *name, unsigned version, const char *part)
{
    struct example *e = &examples[count];
    struct msvc_buffer path = MSVC_BUFFER_INIT;

    assert_true(count < CASES_MAX);
    msvc_buffer_printf(&path, "%s/%s", folder, name);
    *e = (struct example){ .path = msvc_buffer_steal(&path), .version = version };
    e->kind = strcmp(part, "request") == 0   ? REQUEST
              : strcmp(part, "message") == 0 ? MESSAGE
                                             : RESPONSE;
    tests[count++] = (struct CMUnitTest){
        .name = strstr(e->path, "/v"),
        .test_func = agrees_with_the_specification,
        .initial_state = e,
    };
}

static int is_case(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static void add_folder(const char *root, unsigned version, const char *part, const char *what)
{
    struct dirent **entries = NULL;
    char folder[1024];
    int found;

    (void)snprintf(folder, sizeof(folder), "%s/v%u/%s/%s", root, version, part, what);
    found = scandir(folder, &entries, is_case, alphasort);
    for (int i = 0; i < found; i++) {
        add(folder, entries[i]->d_name, version, part);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    static const char *const requests[] = { "body", "headers", "method", "path", "query" };
    static const char *const responses[] = { "body", "headers", "status" };

    for (unsigned version = 1; argc > 1 && version <= 4; version++) {
        for (size_t i = 0; i < 5; i++)
            add_folder(argv[1], version, "request", requests[i]);
        for (size_t i = 0; i < 3; i++)
            add_folder(argv[1], version, "response", responses[i]);
        add_folder(argv[1], version, "message", "body");
    }
    if (count == 0) {
        puts("1..0 # SKIP no cases of the Pact specification in the folder named");
        return getenv("CI") != NULL && strcmp(getenv("CI"), "true") == 0 ? 1 : 0;
    }
    printf("# %zu cases\n", count);
    return _cmocka_run_group_tests("pact specification", tests, count, NULL, NULL);
}
