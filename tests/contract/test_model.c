/* SPDX-License-Identifier: MIT */
/* What is understood of a pact file of any version: kinds, bodies, states, metadata. */
#include <stdio.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/model_internal.h"

#include "test.h"

#define PACT(list, version)                                              \
    "{\"consumer\":{\"name\":\"a\"},\"provider\":{\"name\":\"b\"}," list \
    ",\"metadata\":{\"pactSpecification\":{\"version\":\"" version "\"}}}"
#define HTTP(request, response)                                               \
    "\"interactions\":[{\"type\":\"Synchronous/HTTP\",\"description\":\"d\"," \
    "\"request\":{\"method\":\"GET\",\"path\":\"/\"" request                  \
    "},\"response\":{\"status\":200" response "}}]"
#define MESSAGE(more) \
    "\"interactions\":[{\"type\":\"Asynchronous/Messages\",\"description\":\"d\"" more "}]"

static struct msvc_pact *read_pact(const char *text)
{
    struct msvc_pact *pact = NULL;
    struct msvc_error err;

    if (msvc_pact_parse(&pact, text, strlen(text), &err) < 0)
        fail_msg("%s", err.message);
    return pact;
}

static void assert_refused(const char *text, const char *message)
{
    struct msvc_pact *pact = NULL;
    struct msvc_error err;

    assert_int_equal(msvc_pact_parse(&pact, text, strlen(text), &err), MSVC_ERR_MALFORMED);
    assert_string_equal(err.message, message);
}

static void assert_body(const struct msvc__part *part, const char *type, const char *body)
{
    assert_int_equal(part->body_state, MSVC__BODY_PRESENT);
    assert_string_equal(part->content_type, type);
    assert_int_equal(part->body_length, strlen(body));
    assert_memory_equal(part->body, body, strlen(body));
}

static void assert_response_body(const char *body, const char *type, const char *bytes)
{
    char text[1024];
    struct msvc_pact *pact;

    (void)snprintf(text, sizeof(text), PACT(HTTP("", ",\"body\":%s"), "4.0"), body);
    pact = read_pact(text);
    assert_body(&pact->interactions[0]->responses[0], type, bytes);
    msvc_pact_free(pact);
}

static void reads_every_encoding_of_a_body_of_version_4(void **state)
{
    (void)state;
    assert_response_body("{\"content\":{\"b\":1.0,\"a\":2}}", "application/json",
                         "{\"a\":2,\"b\":1.0}");
    assert_response_body("{\"content\":\"x\",\"contentType\":\"application/json\"}",
                         "application/json", "\"x\"");
    assert_response_body("{\"content\":\"{\\\"a\\\": "
                         "1}\",\"contentType\":\"application/json\",\"encoded\":\"JSON\"}",
                         "application/json", "{\"a\": 1}");
    assert_response_body(
        "{\"content\":\"aGk=\",\"contentType\":\"image/png\",\"encoded\":\"base64\"}", "image/png",
        "hi");
    assert_response_body("{\"content\":\"aGk=\",\"contentType\":\"Text/Plain; charset=utf-8\","
                         "\"encoded\":false,\"contentTypeHint\":\"TEXT\"}",
                         "text/plain", "aGk=");
}

static enum msvc__body_state body_state(const char *response)
{
    char text[512];
    struct msvc_pact *pact;
    enum msvc__body_state found;

    (void)snprintf(text, sizeof(text), PACT(HTTP("", "%s"), "4.0"), response);
    pact = read_pact(text);
    found = pact->interactions[0]->responses[0].body_state;
    msvc_pact_free(pact);
    return found;
}

static void tells_a_body_that_is_absent_empty_or_null(void **state)
{
    (void)state;
    assert_int_equal(body_state(""), MSVC__BODY_ABSENT);
    assert_int_equal(body_state(",\"body\":{}"), MSVC__BODY_ABSENT);
    assert_int_equal(body_state(",\"body\":{\"content\":\"\"}"), MSVC__BODY_EMPTY);
    assert_int_equal(body_state(",\"body\":{\"content\":null}"), MSVC__BODY_NULL);
    assert_int_equal(body_state(",\"body\":null"), MSVC__BODY_NULL);
}

static void reads_bytes_in_base64_where_the_type_of_version_3_is_binary(void **state)
{
    struct msvc_pact *pact = read_pact(
        PACT(HTTP(",\"headers\":{\"Content-Type\":\"image/jpeg\"},\"body\":\"aGk=\"",
                  ",\"headers\":{\"Content-Type\":\"image/jpeg\"},\"body\":\"no base64\""),
             "3.0.0"));

    (void)state;
    assert_body(&pact->interactions[0]->request, "image/jpeg", "hi");
    assert_body(&pact->interactions[0]->responses[0], "image/jpeg", "no base64");
    msvc_pact_free(pact);
}

static void reads_messages_of_version_3(void **state)
{
    struct msvc_pact *pact = read_pact(
        PACT("\"messages\":[{\"description\":\"d\",\"providerStates\":[{\"name\":\"s\","
             "\"params\":{\"n\":1}}],\"contents\":{\"id\":7},\"metaData\":{\"contentType\":"
             "\"application/vnd.x+json\",\"retries\":3},\"matchingRules\":{\"body\":{\"$.id\":{"
             "\"matchers\":[{\"match\":\"type\"}]}}}}]",
             "3.0.0"));
    const struct msvc__interaction *x = pact->interactions[0];

    (void)state;
    assert_int_equal(msvc_pact_kind(pact, 0), MSVC_PACT_KIND_MESSAGE);
    assert_int_equal(msvc_pact_version(pact), 3);
    assert_string_equal(x->states[0].params, "{\"n\":1}");
    assert_body(&x->responses[0], "application/vnd.x+json", "{\"id\":7}");
    assert_int_equal(x->responses[0].rules.count, 1);
    assert_string_equal(
        msvc_json_number(msvc_json_member(msvc_json_root(x->responses[0].metadata), "retries")),
        "3");
    msvc_pact_free(pact);
}

static void reads_both_kinds_of_messages_of_version_4(void **state)
{
    struct msvc_pact *pact = read_pact(
        PACT("\"interactions\":[{\"type\":\"Asynchronous/Messages\",\"description\":\"d\","
             "\"contents\":{\"content\":\"hi\",\"contentType\":\"text/plain\"},"
             "\"metadata\":{\"topic\":\"t\"}},{\"type\":\"Synchronous/Messages\","
             "\"description\":\"d\",\"request\":{\"contents\":{\"content\":[1]}},\"response\":["
             "{\"contents\":{\"content\":1}},{\"contents\":{\"content\":2}}]}]",
             "4.0"));
    const struct msvc__interaction *one = pact->interactions[0];
    const struct msvc__interaction *both = pact->interactions[1];

    (void)state;
    assert_int_equal(one->kind, MSVC_PACT_KIND_MESSAGE);
    assert_body(&one->responses[0], "text/plain", "hi");
    assert_int_equal(both->kind, MSVC_PACT_KIND_SYNCHRONOUS_MESSAGE);
    assert_body(&both->request, "application/json", "[1]");
    assert_int_equal(both->response_count, 2);
    assert_body(&both->responses[1], "application/json", "2");
    msvc_pact_free(pact);
}

static void keeps_what_version_4_and_brokers_say_beside_the_parts(void **state)
{
    struct msvc_pact *pact = read_pact(
        PACT(MESSAGE(",\"_id\":\"5f\",\"pending\":true,\"comments\":{\"text\":[\"see 4\"],"
                     "\"testname\":\"t\"},\"pluginConfiguration\":{\"p\":{}}"),
             "4.0"));
    const struct msvc__interaction *x = pact->interactions[0];

    (void)state;
    assert_true(x->is_pending);
    assert_true(x->needs_plugin);
    assert_string_equal(x->id, "5f");
    assert_string_equal(
        msvc_json_string(msvc_json_member(msvc_json_root(x->comments), "testname"), NULL), "t");
    assert_non_null(strstr(x->text, "\"pluginConfiguration\""));
    msvc_pact_free(pact);
}

static void says_what_is_wrong_with_a_file(void **state)
{
    (void)state;
    assert_refused(PACT("\"interactions\":[{\"type\":\"GRPC\",\"description\":\"d\"}]", "4.0"),
                   "interaction \"d\": expected type to be \"Synchronous/HTTP\", "
                   "\"Asynchronous/Messages\" or \"Synchronous/Messages\", found \"GRPC\"");
    assert_refused(PACT(HTTP("", ",\"body\":{\"content\":\"?\",\"encoded\":\"base64\"}"), "4.0"),
                   "interaction \"d\": response: expected the content of a body that is encoded in "
                   "base64 to be that");
    assert_refused(PACT(MESSAGE(",\"metadata\":[]"), "4.0"),
                   "interaction \"d\": expected metadata to be an object");
    assert_refused(PACT("\"interactions\":7", "3.0.0"), "expected interactions to be a list");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_encoding_of_a_body_of_version_4),
        cmocka_unit_test(tells_a_body_that_is_absent_empty_or_null),
        cmocka_unit_test(reads_bytes_in_base64_where_the_type_of_version_3_is_binary),
        cmocka_unit_test(reads_messages_of_version_3),
        cmocka_unit_test(reads_both_kinds_of_messages_of_version_4),
        cmocka_unit_test(keeps_what_version_4_and_brokers_say_beside_the_parts),
        cmocka_unit_test(says_what_is_wrong_with_a_file),
    };

    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
