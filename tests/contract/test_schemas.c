/* SPDX-License-Identifier: MIT */
/*
 * Pact files that follow the schemas of the specification and files that do
 * not, with our verdict on each; and what our complaints say.
 *
 *     test_schemas FOLDER
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/contract_check.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "contract/pact_internal.h"

#include "test.h"

#define CASES_MAX 500

struct example {
    char *path;
    unsigned version;
    bool passes;
};

static struct example examples[CASES_MAX];
static struct CMUnitTest tests[CASES_MAX + 8];
static size_t count;

static void print_problem(const char *where, const char *problem, void *user)
{
    print_message("# %s: %s: %s\n", (const char *)user, where, problem);
}

static void has_the_right_verdict(void **state)
{
    const struct example *e = *state;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_error err;
    int problems;

    assert_int_equal(msvc__pact_load(&text, e->path, &err), 0);
    problems = msvc_pact_check(text.data, text.length, e->version, e->passes ? print_problem : NULL,
                               e->path, &err);
    msvc_buffer_clear(&text);
    assert_true(problems >= 0);
    assert_int_equal(problems == 0, e->passes);
}

static void keep_problem(const char *where, const char *problem, void *user)
{
    struct msvc_buffer *out = user;

    msvc_buffer_printf(out, "%s: %s\n", where, problem);
}

static void assert_problems(const char *text, unsigned version, const char *expected)
{
    struct msvc_buffer found = MSVC_BUFFER_INIT;
    struct msvc_error err;

    assert_true(msvc_pact_check(text, strlen(text), version, keep_problem, &found, &err) > 0);
    assert_string_equal(found.data, expected);
    msvc_buffer_clear(&found);
}

static void says_where_and_what_was_expected(void **state)
{
    (void)state;
    assert_problems("{\"consumer\":{\"name\":1},\"provider\":{\"name\":\"p\"},\"interactions\":[{"
                    "\"description\":\"d\",\"request\":{\"method\":\"GRAB\",\"path\":\"/\"},"
                    "\"response\":{\"status\":600,\"odd one\":1}}]}",
                    3,
                    "$.consumer.name: expected a text, found a number\n"
                    "$.interactions[0].request.method: expected a method of HTTP, found \"GRAB\"\n"
                    "$.interactions[0].response.status: expected a whole number from 100 to 599, "
                    "found 600\n"
                    "$.interactions[0].response['odd one']: version 3 of the specification has no "
                    "such member\n");
    assert_problems("{\"consumer\":{\"name\":\"c\"},\"provider\":{\"name\":\"p\"},"
                    "\"interactions\":[{\"type\":\"Asynchronous/Messages\",\"description\":\"d\","
                    "\"matchingRules\":{\"body\":{\"$\":{\"matchers\":[{\"match\":\"odd\"},{"
                    "\"match\":\"regex\"}]}}}},{\"type\":\"Odd\",\"description\":\"d\"}],"
                    "\"metadata\":{\"pactSpecification\":{\"version\":\"4.0\"}}}",
                    0,
                    "$.interactions[0].matchingRules.body['$'].matchers[0]: version 4 of the "
                    "specification has no matcher \"odd\"\n"
                    "$.interactions[0].matchingRules.body['$'].matchers[1]: the matcher \"regex\" "
                    "needs a member \"regex\"\n"
                    "$.interactions[1]: expected a type of interaction of version 4, found "
                    "\"Odd\"\n");
    assert_problems("[]", 1, "$: expected an object, found a list\n");
}

static void refuses_what_is_no_json(void **state)
{
    struct msvc_error err;

    (void)state;
    assert_int_equal(msvc_pact_check("{", 1, 0, NULL, NULL, &err), MSVC_ERR_MALFORMED);
    assert_int_equal(msvc_pact_check("{}", 2, 5, NULL, NULL, &err), MSVC_ERR_UNSUPPORTED);
    assert_int_equal(msvc_pact_check(NULL, 0, 0, NULL, NULL, &err), MSVC_ERR_INVALID);
}

static void accepts_what_we_write(void **state)
{
    static const struct msvc_pact_contents response = { .body = { .kind = MSVC_PACT_TEXT_VALUE,
                                                                  .text = "x" } };
    struct msvc_pact *pact = NULL;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_buffer problems = MSVC_BUFFER_INIT;
    struct msvc_error err;

    (void)state;
    assert_int_equal(msvc_pact_new(&pact, "c", "p", MSVC_PACT_OPTIONS(.version = 4), &err), 0);
    assert_int_equal(
        msvc_pact_add(
            pact,
            MSVC_PACT_INTERACTION(.description = "d", .states = MSVC_PACT_STATES({ "s", "{}" }),
                                  .request = { .path = "/",
                                               .path_regex = "/.*",
                                               .query = MSVC_PACT_MEMBERS(
                                                   { "q", msvc_pact_like(msvc_pact_text("1")) }) },
                                  .response = { .status_class = "success",
                                                .body = MSVC_PACT_OBJECT(
                                                    { "id", msvc_pact_uuid("x") }) },
                                  .remarks = { .comment = "c" }),
            &err),
        0);
    assert_int_equal(
        msvc_pact_add_exchange(
            pact,
            MSVC_PACT_EXCHANGE(.description = "d", .responses = &response, .response_count = 1),
            &err),
        0);
    assert_int_equal(msvc__pact_text(&text, pact, NULL, &err), 0);
    assert_int_equal(msvc_pact_check(text.data, text.length, 0, keep_problem, &problems, &err), 0);
    msvc_buffer_clear(&text);
    msvc_pact_free(pact);
}

static void add(const char *name, CMUnitTestFunction test, struct example *example)
{
    tests[count] = (struct CMUnitTest){ .name = name, .test_func = test, .initial_state = example };
    count++;
}

static int is_case(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static size_t add_folder(const char *root, unsigned version, bool passes, size_t used)
{
    struct dirent **entries = NULL;
    char folder[1024];
    int found;

    (void)snprintf(folder, sizeof(folder), "%s/v%u/%s", root, version, passes ? "pass" : "fail");
    found = scandir(folder, &entries, is_case, alphasort);
    for (int i = 0; i < found; i++) {
        struct msvc_buffer path = MSVC_BUFFER_INIT;

        assert_true(used < CASES_MAX);
        msvc_buffer_printf(&path, "%s/%s", folder, entries[i]->d_name);
        examples[used] = (struct example){ msvc_buffer_steal(&path), version, passes };
        add(strstr(examples[used].path, "/v"), has_the_right_verdict, &examples[used]);
        used++;
        free(entries[i]);
    }
    free(entries);
    return used;
}

int main(int argc, char **argv)
{
    size_t used = 0;

    add("says_where_and_what_was_expected", says_where_and_what_was_expected, NULL);
    add("refuses_what_is_no_json", refuses_what_is_no_json, NULL);
    add("accepts_what_we_write", accepts_what_we_write, NULL);
    for (unsigned version = 1; argc > 1 && version <= 4; version++) {
        used = add_folder(argv[1], version, true, used);
        used = add_folder(argv[1], version, false, used);
    }
    printf("# %zu files%s\n", used, used == 0 ? ": the folder named has none, skipped" : "");
    if (used == 0 && getenv("CI") != NULL && strcmp(getenv("CI"), "true") == 0)
        return 1;
    return _cmocka_run_group_tests("pact schemas", tests, count, NULL, NULL);
}
