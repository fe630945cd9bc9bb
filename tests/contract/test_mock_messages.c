/* SPDX-License-Identifier: MIT */
/* A consumer's test of what it does with messages: the mock stands in for the broker. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/contract.h>
#include <msvc/contract_mock.h>
#include <msvc/contract_verify.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "test.h"

struct fixture {
    struct msvc_pact *pact;
    struct msvc_pact_mock *mock;
    struct msvc_error err;
    char seen[256]; /* by the handler: "CONTENT-TYPE CONTENTS METADATA;" of each */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    assert_int_equal(
        msvc_pact_new(&f->pact, "shop", "orders", MSVC_PACT_OPTIONS(.version = 4), &f->err), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_pact_mock_free(f->mock);
    msvc_pact_free(f->pact);
    free(f);
    return 0;
}

static void expect(int status, const struct fixture *f)
{
    if (status < 0)
        fail_msg("%s", f->err.message);
}

static int remember(const struct msvc_pact_payload *message, void *user, struct msvc_error *err)
{
    struct fixture *f = user;
    size_t used = strlen(f->seen);

    (void)err;
    (void)snprintf(f->seen + used, sizeof(f->seen) - used, "%s %.*s %s;", message->content_type,
                   (int)message->length, (const char *)message->contents, message->metadata);
    return 0;
}

static int refuse(const struct msvc_pact_payload *message, void *user, struct msvc_error *err)
{
    (void)message;
    (void)user;
    return msvc_error_set(err, MSVC_ERR_MALFORMED, "shop", 0, "no order in it");
}

static void add_event(struct fixture *f)
{
    expect(msvc_pact_add_message(
               f->pact,
               MSVC_PACT_MESSAGE(.description = "an order was created",
                                 .contents = { .body = MSVC_PACT_OBJECT(
                                                   { "id", msvc_pact_like(msvc_pact_text("o-1")) }),
                                               .metadata = MSVC_PACT_MEMBERS(
                                                   { "attempt", msvc_pact_integer("1") }) }),
               &f->err),
           f);
    expect(msvc_pact_mock_start(&f->mock, f->pact, NULL, &f->err), f);
}

static void hands_a_message_to_the_consumers_code(void **state)
{
    struct fixture *f = *state;

    add_event(f);
    assert_string_equal(msvc_pact_mock_url(f->mock), "");
    expect(msvc_pact_mock_deliver(f->mock, "an order was created", remember, f, &f->err), f);
    assert_string_equal(f->seen, "application/json {\"id\":\"o-1\"} "
                                 "{\"attempt\":1,\"contentType\":\"application/json\"};");
    expect(msvc_pact_mock_check(f->mock, &f->err), f);
}

static void makes_generated_values_for_each_message(void **state)
{
    struct fixture *f = *state;
    static const char example[] = "6ad8b1e5-4a4b-4d0a-9e1c-1f8f2c2b7d11";
    char first[sizeof(f->seen)];

    expect(msvc_pact_add_message(
               f->pact,
               MSVC_PACT_MESSAGE(.description = "an order was created",
                                 .contents = { .body = MSVC_PACT_OBJECT(
                                                   { "id", msvc_pact_uuid(example) }) }),
               &f->err),
           f);
    expect(msvc_pact_mock_start(&f->mock, f->pact, NULL, &f->err), f);
    expect(msvc_pact_mock_deliver(f->mock, NULL, remember, f, &f->err), f);
    assert_null(strstr(f->seen, example));
    strcpy(first, f->seen);
    f->seen[0] = '\0';
    expect(msvc_pact_mock_deliver(f->mock, NULL, remember, f, &f->err), f);
    assert_string_not_equal(f->seen, first);
}

static void says_which_message_the_consumer_could_not_take(void **state)
{
    struct fixture *f = *state;

    add_event(f);
    assert_int_equal(msvc_pact_mock_deliver(f->mock, NULL, refuse, f, &f->err), MSVC_ERR_MALFORMED);
    assert_string_equal(f->err.message, "message \"an order was created\": no order in it");
    assert_int_equal(msvc_pact_mock_check(f->mock, &f->err), MSVC_ERR_NOT_FOUND);
    assert_string_equal(msvc_pact_mock_report(f->mock), "not used: \"an order was created\"\n");
}

static void knows_no_message_of_another_name(void **state)
{
    struct fixture *f = *state;

    add_event(f);
    assert_int_equal(msvc_pact_mock_deliver(f->mock, "x", remember, f, &f->err),
                     MSVC_ERR_NOT_FOUND);
    assert_string_equal(f->err.message, "the pact has no message \"x\"");
}

static void add_exchange(struct fixture *f)
{
    expect(msvc_pact_add_exchange(
               f->pact,
               MSVC_PACT_EXCHANGE(
                       .description = "a price",
                       .request = { .body = MSVC_PACT_OBJECT(
                                        { "sku", msvc_pact_matches("[A-Z]-\\d+", "A-1") }) },
                       .responses =
                           (struct msvc_pact_contents[]){
                               { .body = MSVC_PACT_OBJECT({ "cents", msvc_pact_json("990") }) },
                               { .body = msvc_pact_text("end") } },
                       .response_count = 2),
               &f->err),
           f);
    expect(msvc_pact_mock_start(&f->mock, f->pact, NULL, &f->err), f);
}

static int ask(struct fixture *f, const char *contents)
{
    return msvc_pact_mock_exchange(f->mock,
                                   &(struct msvc_pact_payload){ .contents = contents,
                                                                .length = strlen(contents),
                                                                .content_type = "application/json",
                                                                .metadata =
                                                                    "{\"contentType\":"
                                                                    "\"application/json\"}" },
                                   remember, f, &f->err);
}

static void answers_a_message_with_all_its_responses(void **state)
{
    struct fixture *f = *state;

    add_exchange(f);
    expect(ask(f, "{\"sku\":\"B-77\"}"), f);
    assert_string_equal(f->seen,
                        "application/json {\"cents\":990} {\"contentType\":\"application/json\"};"
                        "text/plain end {\"contentType\":\"text/plain\"};");
    expect(msvc_pact_mock_check(f->mock, &f->err), f);
}

static void explains_a_message_that_it_does_not_know(void **state)
{
    struct fixture *f = *state;

    add_exchange(f);
    assert_int_equal(ask(f, "{\"sku\":\"?\"}"), MSVC_ERR_REFUSED);
    assert_non_null(strstr(f->err.message, "nearest is \"a price\", but body $.sku: "));
    assert_int_equal(msvc_pact_mock_check(f->mock, &f->err), MSVC_ERR_REFUSED);
    assert_int_equal(msvc_pact_mock_finding_count(f->mock), 2);
    assert_int_equal(msvc_pact_mock_finding(f->mock, 0)->kind, MSVC_PACT_FINDING_MISMATCH);
    assert_string_equal(msvc_pact_mock_finding(f->mock, 0)->mismatches[0].path, "$.sku");
    assert_int_equal(msvc_pact_mock_finding(f->mock, 1)->kind, MSVC_PACT_FINDING_UNUSED);
    assert_null(msvc_pact_mock_finding(f->mock, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(hands_a_message_to_the_consumers_code),
        TEST(makes_generated_values_for_each_message),
        TEST(says_which_message_the_consumer_could_not_take),
        TEST(knows_no_message_of_another_name),
        TEST(answers_a_message_with_all_its_responses),
        TEST(explains_a_message_that_it_does_not_know),
    };

    return cmocka_run_group_tests_name("mock messages", tests, NULL, NULL);
}
