/* SPDX-License-Identifier: MIT */
/* The file of a pact: the same bytes whoever writes first, nothing of others lost. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/pact_internal.h"

#include "test.h"

#define WRITERS 8

struct fixture {
    char folder[64];
    char path[96];
    struct msvc_error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    strcpy(f->folder, "/tmp/msvc-contract-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof(f->path), "%s/shop-orders.json", f->folder);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    (void)unlink(f->path);
    (void)rmdir(f->folder);
    free(f);
    return 0;
}

static struct msvc_pact *begin(struct fixture *f, unsigned version)
{
    struct msvc_pact *pact = NULL;

    assert_int_equal(
        msvc_pact_new(&pact, "shop", "orders", MSVC_PACT_OPTIONS(.version = version), &f->err), 0);
    return pact;
}

static void expect(int status, const struct fixture *f)
{
    if (status < 0)
        fail_msg("%s", f->err.message);
}

static void write_pact(struct fixture *f, struct msvc_pact *pact)
{
    expect(msvc_pact_write(pact, f->folder, NULL, &f->err), f);
    msvc_pact_free(pact);
}

static char *read_text(const struct fixture *f)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_error err;

    assert_int_equal(msvc__pact_load(&text, f->path, &err), 0);
    return msvc_buffer_steal(&text);
}

static void assert_file(const struct fixture *f, const char *expected)
{
    char *text = read_text(f);

    assert_string_equal(text, expected);
    free(text);
}

static void put(const struct fixture *f, const char *text)
{
    FILE *file = fopen(f->path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static const char in_version_4[] =
    "{\n"
    "  \"consumer\": {\n    \"name\": \"shop\"\n  },\n"
    "  \"interactions\": [\n"
    "    {\n"
    "      \"comments\": {\n"
    "        \"references\": {\n"
    "          \"jira\": {\n            \"ticket\": \"SHOP-1\"\n          }\n"
    "        },\n"
    "        \"testname\": \"puts\",\n"
    "        \"text\": [\n          \"see SHOP-1\"\n        ]\n"
    "      },\n"
    "      \"description\": \"an order\",\n"
    "      \"key\": \"d542c8f57becd63a\",\n"
    "      \"pending\": true,\n"
    "      \"providerStates\": [\n        {\n          \"name\": \"it exists\"\n"
    "        }\n      ],\n"
    "      \"request\": {\n"
    "        \"body\": {\n"
    "          \"content\": {\n            \"n\": 1\n          },\n"
    "          \"contentType\": \"application/json\",\n"
    "          \"encoded\": false\n"
    "        },\n"
    "        \"headers\": {\n"
    "          \"Content-Type\": [\n            \"application/json\"\n          ]\n"
    "        },\n"
    "        \"matchingRules\": {\n"
    "          \"body\": {\n            \"$.n\": {\n"
    "              \"combine\": \"AND\",\n"
    "              \"matchers\": [\n                {\n"
    "                  \"match\": \"integer\"\n                }\n"
    "              ]\n            }\n          },\n"
    "          \"path\": {\n            \"combine\": \"AND\",\n"
    "            \"matchers\": [\n              {\n"
    "                \"match\": \"regex\",\n"
    "                \"regex\": \"/orders/\\\\d+\"\n              }\n"
    "            ]\n          }\n        },\n"
    "        \"method\": \"PUT\",\n"
    "        \"path\": \"/orders/7\",\n"
    "        \"query\": {\n          \"q\": [\n            \"1\"\n          ]\n"
    "        }\n"
    "      },\n"
    "      \"response\": {\n"
    "        \"body\": {\n"
    "          \"content\": \"done\",\n"
    "          \"contentType\": \"text/plain\",\n"
    "          \"encoded\": false\n"
    "        },\n"
    "        \"headers\": {},\n"
    "        \"matchingRules\": {\n"
    "          \"status\": {\n            \"combine\": \"AND\",\n"
    "            \"matchers\": [\n              {\n"
    "                \"match\": \"statusCode\",\n"
    "                \"status\": \"success\"\n              }\n"
    "            ]\n          }\n        },\n"
    "        \"status\": 200\n"
    "      },\n"
    "      \"type\": \"Synchronous/HTTP\"\n"
    "    }\n"
    "  ],\n"
    "  \"metadata\": {\n    \"pactSpecification\": {\n      \"version\": \"4.0\"\n"
    "    }\n  },\n"
    "  \"provider\": {\n    \"name\": \"orders\"\n  }\n"
    "}\n";

static void writes_a_request_of_version_4(void **state)
{
    struct fixture *f = *state;
    struct msvc_pact *pact = begin(f, 4);

    expect(msvc_pact_add(
               pact,
               MSVC_PACT_INTERACTION(
                       .description = "an order", .states = MSVC_PACT_STATES({ "it exists", NULL }),
                       .request = { .method = "PUT",
                                    .path = "/orders/7",
                                    .path_regex = "/orders/\\d+",
                                    .query = MSVC_PACT_MEMBERS({ "q", msvc_pact_text("1") }),
                                    .body = MSVC_PACT_OBJECT({ "n", msvc_pact_integer("1") }) },
                       .response = { .status_class = "success", .body = msvc_pact_text("done") },
                       .remarks = { .is_pending = true,
                                    .comment = "see SHOP-1",
                                    .test_name = "puts",
                                    .references =
                                        MSVC_PACT_REFERENCES({ "jira", "ticket", "SHOP-1" }) }),
               &f->err),
           f);
    write_pact(f, pact);
    assert_file(f, in_version_4);
}

static int add_message(struct msvc_pact *pact, const char *description, const char *id,
                       struct msvc_error *err)
{
    return msvc_pact_add_message(
        pact,
        MSVC_PACT_MESSAGE(.description = description,
                          .states = MSVC_PACT_STATES({ "s", "{\"n\":1}" }),
                          .contents = { .body = MSVC_PACT_OBJECT({ "id", msvc_pact_uuid(id) }),
                                        .metadata = MSVC_PACT_MEMBERS(
                                            { "topic",
                                              msvc_pact_matches("orders\\..*", "orders.new") },
                                            { "attempt", msvc_pact_json("1") }) }),
        err);
}

#define ID "6ad8b1e5-4a4b-4d0a-9e1c-1f8f2c2b7d11"

static void writes_messages_of_version_3(void **state)
{
    struct fixture *f = *state;
    struct msvc_pact *pact = begin(f, 3);
    char *text;

    expect(add_message(pact, "an event", ID, &f->err), f);
    write_pact(f, pact);
    text = read_text(f);
    assert_non_null(strstr(text, "\"messages\": [\n"));
    assert_null(strstr(text, "\"interactions\""));
    assert_non_null(strstr(text, "\"contents\": {\n        \"id\": \"" ID "\"\n      }"));
    assert_non_null(strstr(text, "\"contentType\": \"application/json\""));
    assert_non_null(strstr(text, "\"attempt\": 1"));
    assert_non_null(strstr(text, "\"type\": \"Uuid\""));
    free(text);
    expect(msvc_pact_open(&pact, f->path, &f->err), f);
    assert_int_equal(msvc_pact_kind(pact, 0), MSVC_PACT_KIND_MESSAGE);
    msvc_pact_free(pact);
}

static void writes_all_kinds_into_one_file_of_version_4(void **state)
{
    struct fixture *f = *state;
    struct msvc_pact *pact = begin(f, 4);

    expect(add_message(pact, "it", ID, &f->err), f);
    expect(msvc_pact_add(pact,
                         MSVC_PACT_INTERACTION(.description = "it", .request = { .path = "/" }),
                         &f->err),
           f);
    expect(
        msvc_pact_add_exchange(
            pact,
            MSVC_PACT_EXCHANGE(.description = "it",
                               .request = { .body = msvc_pact_bytes("\0\1", 2),
                                            .content_type = "application/protobuf" },
                               .responses =
                                   (struct msvc_pact_contents[]){ { .body = msvc_pact_text("one") },
                                                                  { .body = msvc_pact_json("2") } },
                               .response_count = 2),
            &f->err),
        f);
    write_pact(f, pact);
    expect(msvc_pact_open(&pact, f->path, &f->err), f);
    assert_int_equal(msvc_pact_count(pact), 3);
    for (size_t i = 0; i < 3; i++) {
        const struct msvc__interaction *x = pact->interactions[i];

        if (x->kind != MSVC_PACT_KIND_SYNCHRONOUS_MESSAGE)
            continue;
        assert_int_equal(x->request.body_length, 2);
        assert_memory_equal(x->request.body, "\0\1", 2);
        assert_string_equal(x->responses[0].content_type, "text/plain");
        assert_string_equal(x->responses[1].content_type, "application/json");
    }
    msvc_pact_free(pact);
}

static void refuses_in_version_3_what_only_version_4_has(void **state)
{
    struct fixture *f = *state;
    struct msvc_pact *pact = begin(f, 3);

    assert_int_equal(msvc_pact_add_exchange(pact, MSVC_PACT_EXCHANGE(.description = "x"), &f->err),
                     MSVC_ERR_UNSUPPORTED);
    assert_int_equal(
        msvc_pact_add(pact,
                      MSVC_PACT_INTERACTION(.description = "x", .request = { .path = "/" },
                                            .remarks = { .comment = "c" }),
                      &f->err),
        MSVC_ERR_UNSUPPORTED);
    assert_int_equal(
        msvc_pact_add(pact,
                      MSVC_PACT_INTERACTION(.description = "x", .request = { .path = "/" },
                                            .response = { .body = msvc_pact_semver("1.0.0") }),
                      &f->err),
        MSVC_ERR_UNSUPPORTED);
    assert_string_equal(f->err.message, "interaction \"x\": $: the matcher semver is of version 4 "
                                        "of the specification, the pact of version 3");
    expect(add_message(pact, "an event", ID, &f->err), f);
    assert_int_equal(
        msvc_pact_add(pact, MSVC_PACT_INTERACTION(.description = "x", .request = { .path = "/" }),
                      &f->err),
        MSVC_ERR_UNSUPPORTED);
    msvc_pact_free(pact);
}

static void keeps_what_other_tools_have_written(void **state)
{
    struct fixture *f = *state;
    struct msvc_pact *pact = begin(f, 4);
    char *text;

    put(f, "{\"consumer\":{\"name\":\"shop\",\"team\":\"web\"},\"provider\":{\"name\":\"orders\"},"
           "\"interactions\":[{\"type\":\"Synchronous/HTTP\",\"description\":\"theirs\","
           "\"interactionMarkup\":{\"markup\":\"x\",\"markupType\":\"HTML\"},\"x-own\":[1.50],"
           "\"request\":{\"method\":\"GET\",\"path\":\"/\"},\"response\":{\"status\":200}}],"
           "\"metadata\":{\"plugins\":[{\"name\":\"p\",\"version\":\"1\"}],\"pactRust\":{"
           "\"models\":\"1\"},\"pactSpecification\":{\"version\":\"4.0\"}},\"zone\":7}");
    expect(add_message(pact, "an event", ID, &f->err), f);
    write_pact(f, pact);
    text = read_text(f);
    assert_non_null(strstr(text, "\"team\": \"web\""));
    assert_non_null(strstr(text, "\"markupType\": \"HTML\""));
    assert_non_null(strstr(text, "\"x-own\": [\n        1.50\n      ]"));
    assert_non_null(strstr(text, "\"pactRust\": {\n      \"models\": \"1\"\n    }"));
    assert_non_null(strstr(text, "\"plugins\": ["));
    assert_non_null(strstr(text, "\"zone\": 7"));
    assert_non_null(strstr(text, "\"an event\""));
    free(text);
}

static void refuses_a_file_of_another_version(void **state)
{
    struct fixture *f = *state;
    struct msvc_pact *pact = begin(f, 4);

    expect(add_message(pact, "an event", ID, &f->err), f);
    write_pact(f, pact);
    pact = begin(f, 3);
    assert_int_equal(msvc_pact_write(pact, f->folder, NULL, &f->err), MSVC_ERR_UNSUPPORTED);
    assert_non_null(strstr(f->err.message, "shop-orders.json: a pact of version 4, expected 3"));
    msvc_pact_free(pact);
}

struct writer {
    struct fixture *f;
    int number;
    int status;
};

static void *write_one(void *user)
{
    struct writer *writer = user;
    struct msvc_pact *pact = NULL;
    struct msvc_error err;
    char description[32];

    (void)snprintf(description, sizeof(description), "event %d", writer->number);
    writer->status = msvc_pact_new(&pact, "shop", "orders", MSVC_PACT_OPTIONS(.version = 4), &err);
    if (writer->status == 0)
        writer->status = add_message(pact, description, ID, &err);
    if (writer->status == 0)
        writer->status = msvc_pact_write(pact, writer->f->folder, NULL, &err);
    msvc_pact_free(pact);
    return NULL;
}

static void writes_the_same_bytes_with_many_writers_at_once(void **state)
{
    struct fixture *f = *state;
    struct msvc_pact *pact = begin(f, 4);
    pthread_t threads[WRITERS];
    struct writer writers[WRITERS];
    char *together;
    char *alone;

    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){ .f = f, .number = i };
        assert_int_equal(pthread_create(&threads[i], NULL, write_one, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(writers[i].status, 0);
    }
    together = read_text(f);
    assert_int_equal(unlink(f->path), 0);
    for (int i = WRITERS - 1; i >= 0; i--) {
        char description[32];

        (void)snprintf(description, sizeof(description), "event %d", i);
        expect(add_message(pact, description, ID, &f->err), f);
    }
    write_pact(f, pact);
    alone = read_text(f);
    assert_string_equal(together, alone);
    free(together);
    free(alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(writes_a_request_of_version_4),
        TEST(writes_messages_of_version_3),
        TEST(writes_all_kinds_into_one_file_of_version_4),
        TEST(refuses_in_version_3_what_only_version_4_has),
        TEST(keeps_what_other_tools_have_written),
        TEST(refuses_a_file_of_another_version),
        TEST(writes_the_same_bytes_with_many_writers_at_once),
    };

    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
