/* SPDX-License-Identifier: MIT */
/*
 * The same verdict and the same words, whatever the order of members and rules:
 * every case is written again with its members shuffled, read, and compared.
 *
 *     test_determinism FOLDER...     DETERMINISM_RUNS=1000 for the long form
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>

#include "contract/canonical_internal.h"
#include "contract/match_internal.h"
#include "contract/pact_internal.h"

#include "test.h"

#define RUNS        20
#define MEMBERS_MAX 1000

static size_t cases;

static size_t below(uint64_t *seed, size_t count)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (size_t)((*seed >> 33) % count);
}

/* Write a value with the members of its objects in another order. */
static void shuffle(struct msvc_buffer *out, const struct msvc_json *value, uint64_t *seed)
{
    const struct msvc_json *children[MEMBERS_MAX];
    bool is_object = msvc_json_type(value) == MSVC_JSON_OBJECT;
    size_t count = 0;

    if (!is_object && msvc_json_type(value) != MSVC_JSON_ARRAY) {
        (void)msvc__canonical(out, value);
        return;
    }
    for (const struct msvc_json *one = msvc_json_first(value); one != NULL;
         one = msvc_json_next(one)) {
        assert_true(count < MEMBERS_MAX);
        children[count++] = one;
    }
    for (size_t i = count; is_object && i > 1; i--) {
        size_t other = below(seed, i);
        const struct msvc_json *kept = children[i - 1];

        children[i - 1] = children[other];
        children[other] = kept;
    }
    msvc_buffer_byte(out, is_object ? '{' : '[');
    for (size_t i = 0; i < count; i++) {
        size_t length = 0;
        const char *name = msvc_json_name(children[i], &length);

        msvc_buffer_text(out, i > 0 ? "," : "");
        if (name != NULL) {
            msvc__canonical_text(out, name, length);
            msvc_buffer_byte(out, ':');
        }
        shuffle(out, children[i], seed);
    }
    msvc_buffer_byte(out, is_object ? '}' : ']');
}

static bool read_part(struct msvc__part *out, const char *path, const struct msvc_json *json)
{
    unsigned version = (unsigned)(strstr(path, "/v")[2] - '0');

    if (strstr(path, "/message/") != NULL)
        return msvc__message_read(out, json, version, NULL) == 0;
    return msvc__part_read(out, json, strstr(path, "/request/") != NULL, version, NULL) == 0;
}

/* Files are read in order; what comes over a wire is not. */
static void shuffle_body(struct msvc__part *part, uint64_t *seed)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    if (part->json == NULL)
        return;
    shuffle(&text, msvc_json_root(part->json), seed);
    msvc_json_free(part->json);
    part->json = NULL;
    free(part->body);
    assert_int_equal(msvc__part_set_body(part, text.data, text.length), 0);
    assert_int_equal(msvc__part_finish(part), 0);
    msvc_buffer_clear(&text);
}

/* What is said of a case when it is shuffled; free() it. */
static char *report(const char *path, const struct msvc_json *root, uint64_t seed)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_json_document *document = NULL;
    struct msvc__part expected = { .method = NULL };
    struct msvc__part actual = { .method = NULL };
    struct msvc__mismatches found = { .items = NULL };
    char *said;

    shuffle(&text, root, &seed);
    assert_int_equal(msvc_json_parse(&document, text.data, text.length, NULL, NULL), 0);
    msvc_buffer_truncate(&text, 0);
    root = msvc_json_root(document);
    if (read_part(&expected, path, msvc_json_member(root, "expected")) &&
        read_part(&actual, path, msvc_json_member(root, "actual"))) {
        shuffle_body(&actual, &seed);
        assert_int_equal(msvc__match(&found, &expected, &actual), 0);
        msvc__mismatches_write(&text, &found, "");
    }
    msvc_buffer_byte(&text, '.');
    said = msvc_buffer_steal(&text);
    msvc__mismatches_clear(&found);
    msvc__part_clear(&expected);
    msvc__part_clear(&actual);
    msvc_json_free(document);
    return said;
}

static void try_case(const char *path)
{
    const char *wanted = getenv("DETERMINISM_RUNS");
    unsigned long runs = wanted != NULL ? strtoul(wanted, NULL, 10) : RUNS;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_json_document *document = NULL;
    char *first;

    assert_int_equal(msvc__pact_load(&text, path, NULL), 0);
    assert_int_equal(msvc__pact_document(&document, text.data, text.length, NULL), 0);
    first = report(path, msvc_json_root(document), 0);
    for (unsigned long i = 1; i < runs; i++) {
        char *said = report(path, msvc_json_root(document), i);

        if (strcmp(first, said) != 0)
            print_message("# %s, run %lu:\n%s\ninstead of\n%s\n", path, i, said, first);
        assert_string_equal(first, said);
        free(said);
    }
    free(first);
    msvc_json_free(document);
    msvc_buffer_clear(&text);
    cases++;
}

static void try_folder(const char *folder)
{
    DIR *stream = opendir(folder);
    struct dirent *entry;

    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        size_t length = strlen(entry->d_name);
        char path[1024];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0)
            try_case(path);
        else if (entry->d_name[0] != '.' && strchr(entry->d_name, '.') == NULL)
            try_folder(path);
    }
    if (stream != NULL)
        (void)closedir(stream);
}

static const char *folder;

static void says_the_same_whatever_the_order_of_members_and_rules(void **state)
{
    (void)state;
    try_folder(folder);
    print_message("# %zu cases\n", cases);
    assert_true(cases > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_the_same_whatever_the_order_of_members_and_rules),
    };

    folder = argc > 1 ? argv[1] : ".";
    return cmocka_run_group_tests_name("determinism", tests, NULL, NULL);
}
