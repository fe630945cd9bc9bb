/* SPDX-License-Identifier: MIT */
/* The client of a broker against a transport that answers what a test says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/contract_broker.h>
#include <msvc/contract_broker_admin.h>
#include <msvc/contract_deploy.h>
#include <msvc/error.h>

#include "broker_support.h"
#include "test.h"

#define PACT_OF(consumer) \
    "{\"consumer\":{\"name\":\"" consumer "\"},\"provider\":{\"name\":\"b\"},\"interactions\":[]}"
#define TEXT(text)               \
    {                            \
        (text), sizeof(text) - 1 \
    }

struct fixture {
    struct scripted script;
    struct msvc_pact_broker *broker;
    struct msvc_pact_broker_reply *reply;
    struct msvc_error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    scripted_init(&f->script, 200, "{}");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_pact_broker_reply_free(f->reply);
    msvc_pact_broker_free(f->broker);
    free(f);
    return 0;
}

static void open_broker(struct fixture *f, const struct msvc_pact_broker_options *options)
{
    assert_int_equal(msvc_pact_broker_new(&f->broker, &f->script.transport, options, &f->err), 0);
}

static int ask(struct fixture *f)
{
    return msvc_pact_broker_participant(f->broker, "order-service", &f->reply, &f->err);
}

static void sends_a_token(void **state)
{
    struct fixture *f = *state;

    open_broker(f, MSVC_PACT_BROKER_OPTIONS(.token = "secret"));
    assert_int_equal(ask(f), 0);
    assert_string_equal(f->script.authorization, "Bearer secret");
}

static void sends_a_user_name_and_password(void **state)
{
    struct fixture *f = *state;

    open_broker(f, MSVC_PACT_BROKER_OPTIONS(.username = "Aladdin", .password = "open sesame"));
    assert_int_equal(ask(f), 0);
    assert_string_equal(f->script.authorization, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

static void refuses_two_ways_of_authentication(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_pact_broker_new(
                         &f->broker, &f->script.transport,
                         MSVC_PACT_BROKER_OPTIONS(.username = "u", .password = "p", .token = "t"),
                         &f->err),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_pact_broker_new(&f->broker, &f->script.transport,
                                          MSVC_PACT_BROKER_OPTIONS(.username = "u"), &f->err),
                     MSVC_ERR_INVALID);
}

static void repeats_what_the_broker_says(void **state)
{
    struct fixture *f = *state;

    f->script.status = 400;
    f->script.body = "{\"errors\":{\"name\":[\"is too long\",\"has a slash\"]}}";
    open_broker(f, NULL);
    assert_int_equal(ask(f), MSVC_ERR_REFUSED);
    assert_string_equal(f->err.message,
                        "the broker answered 400 to GET /pacticipants/order-service:"
                        " name is too long; name has a slash");
    assert_int_equal(f->err.native, 400);
}

static void does_not_repeat_a_secret(void **state)
{
    struct fixture *f = *state;

    f->script.status = 401;
    f->script.body = "{\"error\":\"unknown token hunter2\"}";
    open_broker(f, MSVC_PACT_BROKER_OPTIONS(.token = "hunter2"));
    assert_int_equal(ask(f), MSVC_ERR_AUTH);
    assert_null(strstr(f->err.message, "hunter2"));
}

static void tells_the_statuses_apart(void **state)
{
    static const struct {
        int code;
        int status;
    } cases[] = { { 302, MSVC_ERR_REFUSED },     { 401, MSVC_ERR_AUTH },
                  { 403, MSVC_ERR_AUTH },        { 404, MSVC_ERR_NOT_FOUND },
                  { 409, MSVC_ERR_EXISTS },      { 422, MSVC_ERR_REFUSED },
                  { 500, MSVC_ERR_UNAVAILABLE }, { 503, MSVC_ERR_UNAVAILABLE } };
    struct fixture *f = *state;

    open_broker(f, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        f->script.status = cases[i].code;
        assert_int_equal(ask(f), cases[i].status);
    }
}

static void asks_whether_a_page_is_a_broker(void **state)
{
    struct fixture *f = *state;

    f->script.index = "<html>It works!</html>";
    open_broker(f, NULL);
    assert_int_equal(ask(f), MSVC_ERR_MALFORMED);
    assert_non_null(strstr(f->err.message, "is it a Pact Broker?"));
}

static void names_a_relation_that_is_missing(void **state)
{
    struct fixture *f = *state;

    f->script.index = "{\"_links\":{}}";
    open_broker(f, NULL);
    assert_int_equal(ask(f), MSVC_ERR_UNSUPPORTED);
    assert_non_null(strstr(f->err.message, "pb:pacticipant"));
}

static void stays_with_its_host_whatever_a_link_says(void **state)
{
    struct fixture *f = *state;

    f->script.index = "{\"_links\":{\"pb:pacticipant\":{\"href\":"
                      "\"https://elsewhere.example:8080/p/{pacticipant}?a=1\"}}}";
    open_broker(f, MSVC_PACT_BROKER_OPTIONS(.base_url = "http://broker.example"));
    assert_int_equal(ask(f), 0);
    assert_string_equal(f->script.target, "/p/order-service?a=1");
}

static void takes_the_base_path_off_links(void **state)
{
    struct fixture *f = *state;

    f->script.index = "{\"_links\":{\"pb:pacticipant\":{\"href\":"
                      "\"http://broker.example/tools/pacts/p/{pacticipant}\"}}}";
    open_broker(f, MSVC_PACT_BROKER_OPTIONS(.base_url = "http://broker.example/tools/pacts/"));
    assert_int_equal(ask(f), 0);
    assert_string_equal(f->script.target, "/p/order-service");
}

static void refuses_a_link_that_is_no_url(void **state)
{
    static const char *const indexes[] = {
        "{\"_links\":{\"pb:pacticipant\":{\"href\":\"/a b\"}}}",
        "{\"_links\":{\"pb:pacticipant\":{\"href\":\"/a\\r\\nX: y\"}}}",
        "{\"_links\":{\"pb:pacticipant\":{\"href\":\"/{unknown}\"}}}",
        "{\"_links\":{\"pb:pacticipant\":{\"href\":\"/{pacticipant\"}}}",
    };

    for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
        struct fixture *f = *state;

        f->script.index = indexes[i];
        open_broker(f, NULL);
        assert_int_equal(ask(f), MSVC_ERR_MALFORMED);
        msvc_pact_broker_free(f->broker);
        f->broker = NULL;
    }
}

static void encodes_names_in_links(void **state)
{
    struct fixture *f = *state;

    open_broker(f, NULL);
    assert_int_equal(msvc_pact_broker_tag(f->broker, "a/b", "1 2", "feat/x?", &f->reply, &f->err),
                     0);
    assert_string_equal(f->script.target, "/pacticipants/a%2Fb/versions/1%202/tags/feat%2Fx%3F");
    assert_string_equal(f->script.method, "PUT");
}

static void publishes_one_by_one_to_an_old_broker(void **state)
{
    struct fixture *f = *state;

    f->script.index =
        "{\"_links\":{\"pb:publish-pact\":{\"href\":\"/pacts/provider/{provider}/consumer/"
        "{consumer}/version/{consumerApplicationVersion}\"},\"pb:pacticipant-version-tag\":{"
        "\"href\":\"/pacticipants/{pacticipant}/versions/{version}/tags/{tag}\"}}}";
    open_broker(f, NULL);
    assert_int_equal(msvc_pact_broker_publish(
                         f->broker,
                         MSVC_PACT_PUBLICATION(.version = "1", .tags = MSVC_PACT_NAMES("dev"),
                                               .contracts = MSVC_PACT_TEXTS(TEXT(PACT_OF("a")))),
                         &f->reply, &f->err),
                     0);
    assert_string_equal(f->script.target, "/pacts/provider/b/consumer/a/version/1");
    assert_string_equal(f->script.method, "PUT");
    assert_string_equal(f->script.sent, PACT_OF("a"));
    assert_int_equal(f->script.calls, 3); /* the index, the tag, the pact */
}

static void refuses_pacts_of_several_consumers(void **state)
{
    struct fixture *f = *state;

    open_broker(f, NULL);
    assert_int_equal(
        msvc_pact_broker_publish(
            f->broker,
            MSVC_PACT_PUBLICATION(.version = "1", .contracts = MSVC_PACT_TEXTS(TEXT(PACT_OF("a")),
                                                                               TEXT(PACT_OF("c")))),
            &f->reply, &f->err),
        MSVC_ERR_INVALID);
    assert_non_null(strstr(f->err.message, "\"a\" and \"c\""));
}

static void refuses_what_is_no_pact(void **state)
{
    struct fixture *f = *state;

    open_broker(f, NULL);
    assert_int_equal(
        msvc_pact_broker_publish(
            f->broker,
            MSVC_PACT_PUBLICATION(.version = "1", .contracts = MSVC_PACT_TEXTS(TEXT("[]"))),
            &f->reply, &f->err),
        MSVC_ERR_MALFORMED);
}

static void writes_selectors_as_the_broker_reads_them(void **state)
{
    static const struct msvc_pact_selector selectors[] = {
        { .is_main_branch = true },
        { .branch = "feat", .fallback_branch = "main", .consumer = "a" },
        { .is_deployed = true, .environment = "production" },
        { .tag = "prod", .is_latest = true },
    };
    struct msvc_pact_list *list = NULL;
    struct fixture *f = *state;

    f->script.body = "{\"_embedded\":{\"pacts\":[]}}";
    open_broker(f, NULL);
    assert_int_equal(msvc_pact_broker_fetch(
                         f->broker,
                         MSVC_PACT_SELECTION(.provider = "b", .selectors = selectors,
                                             .selector_count = 4, .includes_pending = true,
                                             .provider_branch = "main", .wip_since = "2026-01-01"),
                         &list, &f->err),
                     0);
    assert_int_equal(msvc_pact_list_count(list), 0);
    assert_string_equal(
        f->script.sent,
        "{\"consumerVersionSelectors\":[{\"mainBranch\":true},{\"consumer\":\"a\",\"branch\":"
        "\"feat\",\"fallbackBranch\":\"main\"},{\"environment\":\"production\",\"deployed\":true},{"
        "\"tag\":\"prod\",\"latest\":true}],\"includePendingStatus\":true,"
        "\"includeWipPactsSince\":\"2026-01-01\",\"providerVersionBranch\":\"main\"}");
    msvc_pact_list_free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(sends_a_token),
        TEST(sends_a_user_name_and_password),
        TEST(refuses_two_ways_of_authentication),
        TEST(repeats_what_the_broker_says),
        TEST(does_not_repeat_a_secret),
        TEST(tells_the_statuses_apart),
        TEST(asks_whether_a_page_is_a_broker),
        TEST(names_a_relation_that_is_missing),
        TEST(stays_with_its_host_whatever_a_link_says),
        TEST(takes_the_base_path_off_links),
        TEST(refuses_a_link_that_is_no_url),
        TEST(encodes_names_in_links),
        TEST(publishes_one_by_one_to_an_old_broker),
        TEST(refuses_pacts_of_several_consumers),
        TEST(refuses_what_is_no_pact),
        TEST(writes_selectors_as_the_broker_reads_them),
    };

    return cmocka_run_group_tests_name("broker", tests, NULL, NULL);
}
