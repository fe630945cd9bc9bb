/* SPDX-License-Identifier: MIT */
/* How a verification goes: states and their values, messages, filters, workers, providers that
 * fail. */
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/contract_report.h>
#include <msvc/contract_verify.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/http_router.h>
#include <msvc/status.h>

#include "test.h"

struct fixture {
    struct msvc_pact *pact;
    struct msvc_http_router *router;
    struct msvc_http_transport *transport;
    struct msvc_http_transport broken; /* answers as the fields below say */
    struct msvc_contract_report *report;
    struct msvc_error err;
    size_t calls;
    size_t good_calls; /* then every call fails with failure */
    int failure;
    pthread_mutex_t lock;      /* guards the log */
    struct msvc_buffer log;    /* what was called back */
    const char *failing_state; /* NULL: none */
    size_t told;               /* of progress */
};

static void show_item(struct msvc_http_exchange *exchange, void *user)
{
    (void)user;
    msvc_http_reply(exchange, 200, "application/json", "{\"id\":1}", 8);
}

static int call_broken(struct msvc_http_transport *self,
                       const struct msvc_http_request_options *request,
                       struct msvc_http_answer **out, struct msvc_error *err)
{
    struct fixture *f = (struct fixture *)((char *)self - offsetof(struct fixture, broken));

    if (f->calls++ < f->good_calls)
        return msvc_http_call(f->transport, request, out, err);
    return msvc_error_set(err, f->failure, "test", 0, "it broke");
}

static const struct msvc_http_transport_ops broken_ops = { .size = sizeof(broken_ops),
                                                           .call = call_broken };

static void note_path(struct msvc_http_exchange *exchange, void *user)
{
    struct fixture *f = user;

    msvc_buffer_printf(&f->log, "%s;", msvc_http_param(exchange, "id"));
    msvc_http_reply(exchange, 200, NULL, NULL, 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->broken.ops = &broken_ops;
    assert_int_equal(pthread_mutex_init(&f->lock, NULL), 0);
    assert_int_equal(msvc_http_router_new(&f->router, NULL), 0);
    assert_int_equal(msvc_http_route(f->router, "GET", "/items/{id}", show_item, f, NULL), 0);
    assert_int_equal(msvc_http_route(f->router, "GET", "/made/{id}", note_path, f, NULL), 0);
    assert_int_equal(msvc_http_router_transport(&f->transport, f->router), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_buffer_clear(&f->log);
    msvc_contract_report_free(f->report);
    msvc_http_transport_free(f->transport);
    msvc_http_router_free(f->router);
    msvc_pact_free(f->pact);
    (void)pthread_mutex_destroy(&f->lock);
    free(f);
    return 0;
}

static void parse(struct fixture *f, const char *text)
{
    int status = msvc_pact_parse(&f->pact, text, strlen(text), &f->err);

    if (status < 0)
        fail_msg("%s", f->err.message);
}

/* Interactions 0 to count - 1, of which every tenth expects what does not come. */
static void make_pact(struct fixture *f, size_t count)
{
    assert_int_equal(msvc_pact_new(&f->pact, "shop", "store", NULL, NULL), 0);
    for (size_t i = 0; i < count; i++) {
        char description[32];
        char path[32];
        const char *id = i % 10 == 9 ? "2" : "1";

        (void)snprintf(description, sizeof(description), "item %03zu", i);
        (void)snprintf(path, sizeof(path), "/items/%zu", i);
        assert_int_equal(
            msvc_pact_add(f->pact,
                          MSVC_PACT_INTERACTION(.description = description,
                                                .states = MSVC_PACT_STATES({ "stock", "{\"n\":3}" },
                                                                           { "open", NULL }),
                                                .request = { .path = path },
                                                .response = { .body = MSVC_PACT_OBJECT(
                                                                  { "id", msvc_pact_json(id) }) }),
                          NULL),
            0);
    }
}

static int note_state(const struct msvc_contract_state *state, struct msvc_buffer *values,
                      void *user, struct msvc_error *err)
{
    struct fixture *f = user;

    (void)values;
    (void)pthread_mutex_lock(&f->lock);
    msvc_buffer_printf(&f->log, "%s%s %s;", state->is_teardown ? "-" : "+", state->name,
                       state->params);
    (void)pthread_mutex_unlock(&f->lock);
    if (f->failing_state != NULL && strcmp(state->name, f->failing_state) == 0)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "test", 0, "no database");
    return 0;
}

static void count_progress(size_t done, size_t count, size_t failed, void *user)
{
    struct fixture *f = user;

    assert_true(done > f->told && done <= count && failed <= done);
    f->told = done;
}

static void verify(struct fixture *f, const struct msvc_contract_options *options)
{
    msvc_contract_report_free(f->report);
    f->report = NULL;
    assert_int_equal(msvc_contract_verify(&f->report, f->pact, f->transport, options, &f->err), 0);
}

static void sets_states_up_before_and_takes_them_down_after(void **state)
{
    struct fixture *f = *state;

    make_pact(f, 1);
    verify(f, MSVC_CONTRACT_OPTIONS(.state = note_state, .tears_down_states = true, .user = f));
    assert_int_equal(msvc_contract_failed_count(f->report), 0);
    assert_string_equal(f->log.data, "+stock {\"n\":3};+open {};-stock {\"n\":3};-open {};");
}

static void takes_nothing_down_unless_asked(void **state)
{
    struct fixture *f = *state;

    make_pact(f, 1);
    verify(f, MSVC_CONTRACT_OPTIONS(.state = note_state, .user = f));
    assert_string_equal(f->log.data, "+stock {\"n\":3};+open {};");
}

static void takes_nothing_down_that_was_not_set_up(void **state)
{
    struct fixture *f = *state;

    make_pact(f, 1);
    f->failing_state = "stock";
    verify(f, MSVC_CONTRACT_OPTIONS(.state = note_state, .tears_down_states = true, .user = f));
    assert_string_equal(f->log.data, "+stock {\"n\":3};");
    assert_string_equal(msvc_contract_mismatch(f->report, 0, 0)->message,
                        "the state could not be set up: no database");
}

static void announces_an_interaction_without_states(void **state)
{
    struct fixture *f = *state;

    parse(f, "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},\"interactions\":[{"
             "\"description\":\"x\",\"request\":{\"method\":\"GET\",\"path\":\"/items/1\"},"
             "\"response\":{\"status\":200}}]}");
    verify(f, MSVC_CONTRACT_OPTIONS(.state = note_state, .user = f));
    assert_string_equal(f->log.data, "+ {};");
}

static int give_id(const struct msvc_contract_state *state, struct msvc_buffer *values, void *user,
                   struct msvc_error *err)
{
    (void)user;
    (void)err;
    if (strcmp(state->name, "silent") != 0)
        msvc_buffer_text(values, "{\"id\":\"4711\"}");
    return 0;
}

/* Its path is to be made from a value that the state gives. */
static void parse_generated(struct fixture *f, const char *state, const char *params)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    msvc_buffer_printf(&text,
                       "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},"
                       "\"interactions\":[{\"description\":\"x\",\"providerStates\":[{\"name\":"
                       "\"%s\",\"params\":%s}],\"request\":{\"method\":\"GET\",\"path\":"
                       "\"/made/1\",\"generators\":{\"path\":{\"type\":\"ProviderState\","
                       "\"expression\":\"/made/${id}\"}}},\"response\":{\"status\":200}}],"
                       "\"metadata\":{\"pactSpecification\":{\"version\":\"3.0.0\"}}}",
                       state, params);
    parse(f, text.data);
    msvc_buffer_clear(&text);
}

static void sends_values_that_a_state_gives(void **state)
{
    struct fixture *f = *state;

    parse_generated(f, "there", "{\"id\":\"1\"}");
    verify(f, MSVC_CONTRACT_OPTIONS(.state = give_id));
    assert_int_equal(msvc_contract_failed_count(f->report), 0);
    assert_string_equal(f->log.data, "4711;");
}

static void sends_parameters_of_a_state_that_gives_none(void **state)
{
    struct fixture *f = *state;

    parse_generated(f, "silent", "{\"id\":\"9\"}");
    verify(f, MSVC_CONTRACT_OPTIONS(.state = give_id));
    assert_string_equal(f->log.data, "9;");
}

static void fails_when_nobody_gives_a_value(void **state)
{
    struct fixture *f = *state;

    parse_generated(f, "silent", "{}");
    verify(f, MSVC_CONTRACT_OPTIONS(.state = give_id));
    assert_string_equal(msvc_contract_mismatch(f->report, 0, 0)->part, "generator");
    assert_null(msvc_contract_curl(f->report, 0));
}

static void says_the_same_with_any_number_of_workers(void **state)
{
    struct fixture *f = *state;
    struct msvc_buffer first = MSVC_BUFFER_INIT;

    make_pact(f, 100);
    for (unsigned workers = 0; workers <= 8; workers += 4) {
        struct msvc_buffer text = MSVC_BUFFER_INIT;

        f->told = 0;
        verify(f, MSVC_CONTRACT_OPTIONS(.workers = workers, .state = note_state,
                                        .progress = count_progress, .user = f));
        assert_int_equal(f->told, 100);
        assert_int_equal(msvc_contract_write(&text, &f->report, 1, NULL, NULL), 0);
        if (workers == 0)
            msvc_buffer_text(&first, text.data);
        assert_string_equal(text.data, first.data);
        msvc_buffer_clear(&text);
    }
    assert_int_equal(msvc_contract_failed_count(f->report), 10);
    msvc_buffer_clear(&first);
}

static void ends_at_the_first_failure_when_asked(void **state)
{
    struct fixture *f = *state;

    make_pact(f, 30);
    verify(f, MSVC_CONTRACT_OPTIONS(.ends_at_first_failure = true));
    assert_int_equal(msvc_contract_count(f->report), 10);
    assert_int_equal(msvc_contract_failed_count(f->report), 1);
}

static void does_not_count_what_is_pending(void **state)
{
    struct fixture *f = *state;

    make_pact(f, 10);
    verify(f, MSVC_CONTRACT_OPTIONS(.is_pending = true));
    assert_int_equal(msvc_contract_failed_count(f->report), 0);
    assert_int_equal(msvc_contract_pending_count(f->report), 1);
}

static void reads_pending_from_version_4(void **state)
{
    struct fixture *f = *state;

    parse(f, "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},\"interactions\":[{"
             "\"type\":\"Synchronous/HTTP\",\"description\":\"x\",\"pending\":true,"
             "\"request\":{\"method\":\"GET\",\"path\":\"/items/1\"},"
             "\"response\":{\"status\":404}}],"
             "\"metadata\":{\"pactSpecification\":{\"version\":\"4.0\"}}}");
    verify(f, NULL);
    assert_int_equal(msvc_contract_failed_count(f->report), 0);
    assert_int_equal(msvc_contract_pending_count(f->report), 1);
}

static bool is_even(const char *description, const char *states, void *user)
{
    (void)user;
    assert_string_equal(states, "stock and open");
    return (description[strlen(description) - 1] - '0') % 2 == 0;
}

static void looks_only_at_what_is_wanted(void **state)
{
    struct fixture *f = *state;

    make_pact(f, 20);
    verify(f, MSVC_CONTRACT_OPTIONS(.description = "0[01].$"));
    assert_int_equal(msvc_contract_count(f->report), 20);
    verify(f, MSVC_CONTRACT_OPTIONS(.description = "^item 01"));
    assert_int_equal(msvc_contract_count(f->report), 10);
    verify(f, MSVC_CONTRACT_OPTIONS(.with_state = "toc", .wanted = is_even));
    assert_int_equal(msvc_contract_count(f->report), 10);
    verify(f, MSVC_CONTRACT_OPTIONS(.without_state = true));
    assert_int_equal(msvc_contract_count(f->report), 0);
    verify(f, MSVC_CONTRACT_OPTIONS(.consumer = "other"));
    assert_int_equal(msvc_contract_count(f->report), 0);
}

static void refuses_a_filter_that_is_no_regex(void **state)
{
    struct fixture *f = *state;

    make_pact(f, 1);
    assert_int_equal(msvc_contract_verify(&f->report, f->pact, f->transport,
                                          MSVC_CONTRACT_OPTIONS(.with_state = "("), &f->err),
                     MSVC_ERR_INVALID);
    assert_string_equal(f->err.message, "expected a regex as filter of the state, found \"(\"");
}

static void ends_when_the_provider_was_never_there(void **state)
{
    struct fixture *f = *state;

    make_pact(f, 3);
    f->failure = MSVC_ERR_UNAVAILABLE;
    assert_int_equal(msvc_contract_verify(&f->report, f->pact, &f->broken, NULL, &f->err),
                     MSVC_ERR_UNAVAILABLE);
    assert_int_equal(f->calls, 1);
}

static void goes_on_when_the_provider_dies_in_the_middle(void **state)
{
    struct fixture *f = *state;

    make_pact(f, 5);
    f->good_calls = 2;
    f->failure = MSVC_ERR_UNAVAILABLE;
    assert_int_equal(msvc_contract_verify(&f->report, f->pact, &f->broken, NULL, &f->err), 0);
    assert_int_equal(msvc_contract_count(f->report), 5);
    assert_int_equal(msvc_contract_failed_count(f->report), 3);
    assert_string_equal(msvc_contract_mismatch(f->report, 2, 0)->part, "transport");
}

static void reports_a_provider_that_hangs(void **state)
{
    struct fixture *f = *state;

    make_pact(f, 1);
    f->failure = MSVC_ERR_TIMEOUT;
    assert_int_equal(msvc_contract_verify(&f->report, f->pact, &f->broken, NULL, &f->err), 0);
    assert_string_equal(msvc_contract_mismatch(f->report, 0, 0)->message, "it broke");
}

static int make_message(const struct msvc_contract_message *wanted, void *user,
                        struct msvc_error *err)
{
    struct fixture *f = user;

    (void)err;
    if (strcmp(wanted->description, "unknown") == 0)
        return MSVC_ERR_NOT_FOUND;
    msvc_buffer_printf(&f->log, "%s %s;", wanted->description, wanted->states);
    if (wanted->request != NULL)
        msvc_buffer_printf(&f->log, "%s %s;", (const char *)wanted->request, wanted->request_type);
    msvc_buffer_text(wanted->body,
                     strcmp(wanted->description, "wrong") == 0 ? "{\"n\":\"one\"}" : "{\"n\":1}");
    msvc_buffer_text(wanted->type, "application/json");
    return 0;
}

static const char messages[] =
    "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},\"messages\":["
    "{\"description\":\"made\",\"providerStates\":[{\"name\":\"s\",\"params\":{\"k\":1}}],"
    "\"contents\":{\"n\":1}},{\"description\":\"unknown\",\"contents\":{\"n\":1}},"
    "{\"description\":\"wrong\",\"contents\":{\"n\":1}}],"
    "\"metadata\":{\"pactSpecification\":{\"version\":\"3.0.0\"}}}";

static void holds_messages_to_the_pact(void **state)
{
    struct fixture *f = *state;

    parse(f, messages);
    assert_int_equal(msvc_contract_verify(&f->report, f->pact, NULL,
                                          MSVC_CONTRACT_OPTIONS(.message = make_message, .user = f),
                                          &f->err),
                     0);
    assert_int_equal(msvc_contract_mismatch_count(f->report, 0), 0);
    assert_string_equal(msvc_contract_mismatch(f->report, 1, 0)->message,
                        "the provider does not make this message");
    assert_string_equal(msvc_contract_mismatch(f->report, 2, 0)->path, "$.n");
    assert_non_null(strstr(f->log.data, "made [{\"name\":\"s\",\"params\":{\"k\":1}}];"));
}

static void fails_messages_when_nobody_makes_them(void **state)
{
    struct fixture *f = *state;

    parse(f, messages);
    verify(f, NULL);
    assert_int_equal(msvc_contract_failed_count(f->report), 3);
}

static void gives_a_synchronous_message_what_the_consumer_sends(void **state)
{
    struct fixture *f = *state;

    parse(f, "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"},\"interactions\":[{"
             "\"type\":\"Synchronous/Messages\",\"description\":\"ask\","
             "\"request\":{\"contents\":{\"contentType\":\"application/json\",\"encoded\":false,"
             "\"content\":{\"q\":1}}},\"response\":[{\"contents\":{\"contentType\":"
             "\"application/json\",\"encoded\":false,\"content\":{\"n\":2}}},{\"contents\":"
             "{\"contentType\":\"application/json\",\"encoded\":false,\"content\":{\"n\":1}}}]}],"
             "\"metadata\":{\"pactSpecification\":{\"version\":\"4.0\"}}}");
    verify(f, MSVC_CONTRACT_OPTIONS(.message = make_message, .user = f));
    assert_string_equal(f->log.data, "ask [];{\"q\":1} application/json;");
    assert_int_equal(msvc_contract_failed_count(f->report), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(sets_states_up_before_and_takes_them_down_after),
        TEST(takes_nothing_down_unless_asked),
        TEST(takes_nothing_down_that_was_not_set_up),
        TEST(announces_an_interaction_without_states),
        TEST(sends_values_that_a_state_gives),
        TEST(sends_parameters_of_a_state_that_gives_none),
        TEST(fails_when_nobody_gives_a_value),
        TEST(says_the_same_with_any_number_of_workers),
        TEST(ends_at_the_first_failure_when_asked),
        TEST(does_not_count_what_is_pending),
        TEST(reads_pending_from_version_4),
        TEST(looks_only_at_what_is_wanted),
        TEST(refuses_a_filter_that_is_no_regex),
        TEST(ends_when_the_provider_was_never_there),
        TEST(goes_on_when_the_provider_dies_in_the_middle),
        TEST(reports_a_provider_that_hangs),
        TEST(holds_messages_to_the_pact),
        TEST(fails_messages_when_nobody_makes_them),
        TEST(gives_a_synchronous_message_what_the_consumer_sends),
    };

    return cmocka_run_group_tests_name("verify run", tests, NULL, NULL);
}
