/* SPDX-License-Identifier: MIT */
/* A provider may send what it likes: every report keeps its form, and says the same each time. */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/contract_report.h>
#include <msvc/contract_verify.h>
#include <msvc/http_router.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/xml_internal.h"

#include "test.h"

/* Ends every kind of container, breaks lines, commands terminals, and is no UTF-8. */
#define HOSTILE                                   \
    "]]></failure>\r\n::error::x\n  ...\nok 9 # " \
    "SKIP\x1b[2J\x07\x9b\xff\xc2\x85\xe2\x80\xa8%0A\"\\"

struct fixture {
    struct msvc_pact *pact;
    struct msvc_http_router *router;
    struct msvc_http_transport *transport;
    struct msvc_contract_report *report;
    struct msvc_buffer text;
    const char *body;
    bool is_pending;
};

static void answer(struct msvc_http_exchange *exchange, void *user)
{
    struct fixture *f = user;

    msvc_http_reply(exchange, 200, "text/plain", f->body, strlen(f->body));
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->body = HOSTILE;
    assert_int_equal(msvc_pact_new(&f->pact, "shop <a> # b", "store", NULL, NULL), 0);
    assert_int_equal(
        msvc_pact_add(f->pact,
                      MSVC_PACT_INTERACTION(.description = "a \"text\" & more, 100%: yes\\no",
                                            .request = { .path = "/" },
                                            .response = { .body = msvc_pact_text("fine") }),
                      NULL),
        0);
    assert_int_equal(msvc_http_router_new(&f->router, NULL), 0);
    assert_int_equal(msvc_http_route(f->router, "GET", "/", answer, f, NULL), 0);
    assert_int_equal(msvc_http_router_transport(&f->transport, f->router), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_buffer_clear(&f->text);
    msvc_contract_report_free(f->report);
    msvc_http_transport_free(f->transport);
    msvc_http_router_free(f->router);
    msvc_pact_free(f->pact);
    free(f);
    return 0;
}

static const char *write_as(struct fixture *f, enum msvc_contract_format format)
{
    struct msvc_contract_report *reports[2];

    msvc_contract_report_free(f->report);
    f->report = NULL;
    assert_int_equal(msvc_contract_verify(&f->report, f->pact, f->transport,
                                          MSVC_CONTRACT_OPTIONS(.is_pending = f->is_pending), NULL),
                     0);
    reports[0] = f->report;
    reports[1] = f->report;
    msvc_buffer_clear(&f->text);
    assert_int_equal(msvc_contract_write(&f->text, reports, 2,
                                         MSVC_CONTRACT_WRITE_OPTIONS(.format = format), NULL),
                     0);
    return f->text.data;
}

/* Nothing that a terminal obeys, in any format. */
static void assert_clean(const struct fixture *f)
{
    for (size_t i = 0; i < f->text.length; i++) {
        unsigned char c = (unsigned char)f->text.data[i];

        assert_true(c == '\n' || (c >= 0x20 && c != 0x7f && c != 0xff));
    }
}

static size_t count_lines(const struct fixture *f, const char *prefix)
{
    size_t count = 0;

    for (const char *at = f->text.data; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n' ? 1 : 0;
        count += strncmp(at, prefix, strlen(prefix)) == 0;
    }
    return count;
}

static void text_stays_in_its_lines(void **state)
{
    struct fixture *f = *state;

    assert_non_null(strstr(write_as(f, MSVC_CONTRACT_TEXT), "all 2 pacts: 0 of 2 interactions"));
    assert_clean(f);
    assert_non_null(strstr(f->text.data, "]]></failure>\\r\\n::error::x\\n"));
    assert_non_null(strstr(f->text.data, "\\x1b[2J\\x07"));
}

static void json_stays_json(void **state)
{
    struct fixture *f = *state;
    struct msvc_json_document *document = NULL;
    const struct msvc_json *root;

    write_as(f, MSVC_CONTRACT_JSON);
    assert_int_equal(msvc_json_parse(&document, f->text.data, f->text.length, NULL, NULL), 0);
    root = msvc_json_root(document);
    assert_int_equal(msvc_json_type(msvc_json_member(root, "success")), MSVC_JSON_FALSE);
    assert_int_equal(msvc_json_count(msvc_json_member(root, "pacts")), 2);
    msvc_json_free(document);
}

static void junit_stays_xml(void **state)
{
    struct fixture *f = *state;
    struct msvc__xml *xml = NULL;

    write_as(f, MSVC_CONTRACT_JUNIT);
    assert_clean(f);
    assert_int_equal(msvc__xml_parse(&xml, f->text.data, f->text.length, NULL), 0);
    assert_non_null(xml);
    msvc__xml_free(xml);
    assert_int_equal(
        count_lines(f, "  <testsuite name=\"shop &lt;a&gt; # b\" tests=\"1\" failures=\"1\""), 2);
    assert_int_equal(count_lines(f, "      <failure type=\"body\""), 2);
}

static void junit_skips_what_is_pending(void **state)
{
    struct fixture *f = *state;

    f->is_pending = true;
    write_as(f, MSVC_CONTRACT_JUNIT);
    assert_int_equal(
        count_lines(f, "<testsuites tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"2\""), 1);
    assert_int_equal(count_lines(f, "      <skipped message="), 2);
}

static void tap_stays_tap(void **state)
{
    struct fixture *f = *state;

    write_as(f, MSVC_CONTRACT_TAP);
    assert_clean(f);
    assert_int_equal(count_lines(f, "TAP version 14"), 1);
    assert_int_equal(count_lines(f, "not ok "), 2);
    assert_int_equal(count_lines(f, "ok "), 0);
    assert_int_equal(count_lines(f, "  ..."), 2);
    assert_non_null(strstr(f->text.data, "not ok 2 - shop <a> \\# b: a \"text\""));
    assert_null(strstr(f->text.data, "\n::error"));
    write_as(f, MSVC_CONTRACT_TAP_13);
    assert_int_equal(count_lines(f, "TAP version 13"), 1);
}

static void tap_has_to_do_what_is_pending(void **state)
{
    struct fixture *f = *state;

    f->is_pending = true;
    assert_non_null(strstr(write_as(f, MSVC_CONTRACT_TAP), "yes\\\\no # TODO pending\n"));
}

static void annotations_stay_one_line_each(void **state)
{
    struct fixture *f = *state;

    write_as(f, MSVC_CONTRACT_GITHUB);
    assert_clean(f);
    assert_int_equal(
        count_lines(f, "::error title=shop <a> # b%3A a \"text\" & more%2C 100%25%3A yes"), 2);
    assert_int_equal(count_lines(f, "::"), 2);
    f->is_pending = true;
    write_as(f, MSVC_CONTRACT_GITHUB);
    assert_int_equal(count_lines(f, "::warning"), 2);
}

static void shows_where_two_long_texts_differ(void **state)
{
    struct fixture *f = *state;

    f->body = "finf and then a lot more text, so long that nobody sees what it is that differs, at "
              "least not at once, and not when they are tired of looking";
    write_as(f, MSVC_CONTRACT_TEXT);
    assert_non_null(strstr(f->text.data, "diff     fin[-e-]{+f and then"));
}

static void refuses_a_format_it_does_not_know(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        msvc_contract_write(&f->text, NULL, 0,
                            MSVC_CONTRACT_WRITE_OPTIONS(.format = (enum msvc_contract_format)99),
                            NULL),
        MSVC_ERR_UNSUPPORTED);
}

static void says_the_same_each_time(void **state)
{
    struct fixture *f = *state;

    for (int format = MSVC_CONTRACT_TEXT; format <= MSVC_CONTRACT_GITHUB; format++) {
        struct msvc_buffer first = MSVC_BUFFER_INIT;

        write_as(f, (enum msvc_contract_format)format);
        msvc_buffer_text(&first, f->text.data);
        assert_string_equal(write_as(f, (enum msvc_contract_format)format), first.data);
        msvc_buffer_clear(&first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(text_stays_in_its_lines),
        TEST(json_stays_json),
        TEST(junit_stays_xml),
        TEST(junit_skips_what_is_pending),
        TEST(tap_stays_tap),
        TEST(tap_has_to_do_what_is_pending),
        TEST(annotations_stay_one_line_each),
        TEST(shows_where_two_long_texts_differ),
        TEST(refuses_a_format_it_does_not_know),
        TEST(says_the_same_each_time),
    };

    return cmocka_run_group_tests_name("reports", tests, NULL, NULL);
}
