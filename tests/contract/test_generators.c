/* SPDX-License-Identifier: MIT */
/* Generators: what is made, where it goes, and what is said when it cannot be. */
#include <stdio.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/random.h>
#include <msvc/status.h>

#include "contract/generate_internal.h"

#include "test.h"

struct fixture {
    uint64_t seed;
    struct msvc_random random;
    struct msvc_clock clock;
    struct msvc_json_document *values;
    struct msvc__part part, made;
    struct msvc__generate_context context;
    struct msvc_error err;
};

/* The same numbers in every run. */
static void fill(void *user, void *out, size_t length)
{
    uint64_t *seed = user;
    unsigned char *bytes = out;

    for (size_t i = 0; i < length; i++) {
        *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        bytes[i] = (unsigned char)(*seed >> 56);
    }
}

/* 2000-01-01T10:00:00Z */
static int64_t at_ten(void *user)
{
    (void)user;
    return INT64_C(946720800000000000);
}

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){ .seed = 1 };
    f.random = (struct msvc_random){ .fill = fill, .user = &f.seed };
    f.clock = (struct msvc_clock){ .wall_ns = at_ten };
    f.context.random = &f.random;
    f.context.clock = &f.clock;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc__part_clear(&f->made);
    msvc__part_clear(&f->part);
    msvc_json_free(f->values);
    return 0;
}

/* Apply the generators of a part of version 4; returns what applying does. */
static int apply(struct fixture *f, const char *json, bool is_request,
                 enum msvc__generate_mode mode)
{
    struct msvc_json_document *document = NULL;

    msvc__part_clear(&f->made);
    msvc__part_clear(&f->part);
    assert_int_equal(msvc_json_parse(&document, json, strlen(json), NULL, &f->err), 0);
    assert_int_equal(msvc__part_read(&f->part, msvc_json_root(document), is_request, 4, &f->err),
                     0);
    msvc_json_free(document);
    return msvc__generators_apply(&f->made, &f->part, mode, &f->context, &f->err);
}

static void give(struct fixture *f, const char *json)
{
    assert_int_equal(msvc_json_parse(&f->values, json, strlen(json), NULL, &f->err), 0);
    f->context.provider_state = msvc_json_root(f->values);
}

/* The body after one generator stood at $.a, whose example is given. */
static const char *body_of(struct fixture *f, const char *example, const char *generator)
{
    struct msvc_buffer json = MSVC_BUFFER_INIT;

    msvc_buffer_printf(&json,
                       "{\"body\":{\"content\":{\"a\":%s,\"b\":1}},\"generators\":{\"body\":{"
                       "\"$.a\":%s}}}",
                       example, generator);
    if (apply(f, json.data, false, MSVC__GENERATE_FOR_PROVIDER) < 0) {
        msvc_buffer_clear(&json);
        return f->err.message;
    }
    msvc_buffer_clear(&json);
    return f->made.body;
}

static bool fits(const char *text, const char *pattern)
{
    struct msvc__regex *regex = NULL;
    bool is;

    assert_int_equal(msvc__regex_new(&regex, pattern, NULL), 0);
    is = msvc__regex_match(regex, text, strlen(text)) == 1;
    if (!is)
        print_message("# \"%s\" is not %s\n", text, pattern);
    msvc__regex_free(regex);
    return is;
}

#define BODY(value) "\\{\"a\":" value ",\"b\":1\\}"

static void makes_values_of_every_kind(void **state)
{
    static const struct {
        const char *example, *generator, *pattern;
    } cases[] = {
        { "7", "{\"type\":\"RandomInt\",\"min\":20,\"max\":29}", BODY("2\\d") },
        { "\"7\"", "{\"type\":\"RandomInt\",\"min\":-5,\"max\":-5}", BODY("\"-5\"") },
        { "7", "{\"type\":\"RandomInt\"}", BODY("(\\d|10)") },
        { "7.5", "{\"type\":\"RandomDecimal\",\"digits\":6}",
          BODY("(?=[\\d.]{7},)[1-9]\\d*\\.\\d+") },
        { "\"7.5\"", "{\"type\":\"RandomDecimal\"}", BODY("\"\\d+\\.\\d+\"") },
        { "7.5", "{\"type\":\"RandomDecimal\",\"digits\":1}", BODY("\\d\\.\\d") },
        { "\"\"", "{\"type\":\"RandomHexadecimal\",\"digits\":6}", BODY("\"[0-9A-F]{6}\"") },
        { "\"\"", "{\"type\":\"RandomString\",\"size\":6}", BODY("\"[0-9A-Za-z]{6}\"") },
        { "\"\"", "{\"type\":\"RandomString\"}", BODY("\"[0-9A-Za-z]{10}\"") },
        { "\"\"", "{\"type\":\"Regex\",\"regex\":\"\\\\d{1,8}\"}", BODY("\"\\d{1,8}\"") },
        { "true", "{\"type\":\"RandomBoolean\"}", BODY("(true|false)") },
        { "\"\"", "{\"type\":\"Uuid\"}",
          BODY("\"[\\da-f]{8}-[\\da-f]{4}-4[\\da-f]{3}-[89ab][\\da-f]{3}-[\\da-f]{12}\"") },
        { "\"\"", "{\"type\":\"Uuid\",\"format\":\"simple\"}", BODY("\"[\\da-f]{32}\"") },
        { "\"\"", "{\"type\":\"Uuid\",\"format\":\"upper-case-hyphenated\"}",
          BODY("\"[\\dA-F-]{36}\"") },
        { "\"\"", "{\"type\":\"Uuid\",\"format\":\"URN\"}", BODY("\"urn:uuid:[\\da-f-]{36}\"") },
        { "\"\"", "{\"type\":\"Date\"}", BODY("\"2000-01-01\"") },
        { "\"\"", "{\"type\":\"Date\",\"format\":\"d/M/yy\",\"expression\":\"+ 1 day\"}",
          BODY("\"2/1/00\"") },
        { "\"\"", "{\"type\":\"Time\",\"expression\":\"noon\"}", BODY("\"12:00:00\"") },
        { "\"\"", "{\"type\":\"DateTime\",\"expression\":\"tomorrow @ midnight\"}",
          BODY("\"2000-01-02T00:00:00Z\"") },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int run = 0; run < 20; run++)
            assert_true(
                fits(body_of(*state, cases[i].example, cases[i].generator), cases[i].pattern));
    }
}

static void gives_values_of_provider_states_their_own_types(void **state)
{
    static const struct {
        const char *generator, *body;
    } cases[] = {
        { "{\"type\":\"ProviderState\",\"expression\":\"${id}\"}", "{\"a\":1000,\"b\":1}" },
        { "{\"type\":\"ProviderState\",\"expression\":\"id\"}", "{\"a\":1000,\"b\":1}" },
        { "{\"type\":\"ProviderState\",\"expression\":\"${id}\",\"dataType\":\"STRING\"}",
          "{\"a\":\"1000\",\"b\":1}" },
        { "{\"type\":\"ProviderState\",\"expression\":\"${text}\",\"dataType\":\"INTEGER\"}",
          "{\"a\":77,\"b\":1}" },
        { "{\"type\":\"ProviderState\",\"expression\":\"${user.name}\"}",
          "{\"a\":\"Ann\",\"b\":1}" },
        { "{\"type\":\"ProviderState\",\"expression\":\"${user}\",\"dataType\":\"RAW\"}",
          "{\"a\":{\"name\":\"Ann\"},\"b\":1}" },
        { "{\"type\":\"ProviderState\",\"expression\":\"${list.1}\"}", "{\"a\":\"y\",\"b\":1}" },
        { "{\"type\":\"ProviderState\",\"expression\":\"/users/${id}/${user.name}\"}",
          "{\"a\":\"/users/1000/Ann\",\"b\":1}" },
        { "{\"type\":\"ProviderState\",\"expression\":\"${big}\"}",
          "{\"a\":123456789012345678901234567890,\"b\":1}" },
        { "{\"type\":\"ProviderState\",\"expression\":\"${no}\",\"dataType\":\"BOOLEAN\"}",
          "{\"a\":false,\"b\":1}" },
    };
    struct fixture *f = *state;

    give(f, "{\"id\":1000,\"text\":\"77\",\"user\":{\"name\":\"Ann\"},\"list\":[\"x\",\"y\"],"
            "\"big\":123456789012345678901234567890,\"no\":\"false\"}");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(body_of(f, "\"example\"", cases[i].generator), cases[i].body);
}

static void never_makes_a_value_up_that_no_state_gave(void **state)
{
    struct fixture *f = *state;

    give(f, "{\"id\":\"abc\"}");
    assert_non_null(
        strstr(body_of(f, "1", "{\"type\":\"ProviderState\",\"expression\":\"/x/${missing}\"}"),
               "generator ProviderState at $.a: no provider state gave a value for ${missing}"));
    assert_int_equal(f->err.status, MSVC_ERR_NOT_FOUND);
    assert_non_null(strstr(
        body_of(f, "1",
                "{\"type\":\"ProviderState\",\"expression\":\"${id}\",\"dataType\":\"INTEGER\"}"),
        "a provider state gave \"abc\" for ${id}, expected INTEGER"));
}

static void names_a_generator_it_does_not_know(void **state)
{
    assert_non_null(strstr(body_of(*state, "1", "{\"type\":\"RandomPoem\"}"),
                           "the generator \"RandomPoem\" is not known"));
}

static void leaves_provider_states_alone_for_consumers(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(apply(f,
                           "{\"path\":\"/a\",\"generators\":{\"path\":{\"type\":\"ProviderState\","
                           "\"expression\":\"${id}\"}}}",
                           true, MSVC__GENERATE_FOR_CONSUMER),
                     0);
    assert_string_equal(f->made.path, "/a");
}

static void makes_path_query_headers_and_status(void **state)
{
    struct fixture *f = *state;

    give(f, "{\"id\":1000}");
    assert_int_equal(
        apply(f,
              "{\"method\":\"GET\",\"path\":\"/x\",\"headers\":{\"X-A\":[\"1\"]},\"query\":{\"q\":["
              "\"1\"]},\"generators\":{\"path\":{\"type\":\"ProviderState\",\"expression\":"
              "\"/path/${id}\"},\"header\":{\"x-a\":{\"type\":\"RandomInt\",\"min\":7,\"max\":7},"
              "\"X-New\":{\"type\":\"RandomInt\",\"min\":8,\"max\":8}},\"query\":{\"q\":{\"type\":"
              "\"RandomInt\",\"min\":9,\"max\":9}}}}",
              true, MSVC__GENERATE_FOR_PROVIDER),
        0);
    assert_string_equal(f->made.path, "/path/1000");
    assert_string_equal(msvc_header_find(f->made.headers.items, "X-A", 0), "7");
    assert_string_equal(msvc_header_find(f->made.headers.items, "X-New", 0), "8");
    assert_string_equal(f->made.query.items[0].value, "9");
    assert_int_equal(apply(f,
                           "{\"status\":200,\"generators\":{\"status\":{\"type\":\"RandomInt\","
                           "\"min\":201,\"max\":201}}}",
                           false, MSVC__GENERATE_FOR_CONSUMER),
                     0);
    assert_int_equal(f->made.status, 201);
}

static void puts_the_address_of_the_mock_in_front(void **state)
{
    struct fixture *f = *state;

    f->context.mock_url = "http://127.0.0.1:1234/";
    assert_int_equal(
        apply(f,
              "{\"body\":{\"content\":{\"a\":\"http://1234:8080/a\"}},\"generators\":{\"body\":{"
              "\"$.a\":{\"type\":\"MockServerURL\",\"regex\":\".*(/a)\",\"example\":"
              "\"http://1234:8080/a\"}}}}",
              false, MSVC__GENERATE_FOR_CONSUMER),
        0);
    assert_string_equal(f->made.body, "{\"a\":\"http://127.0.0.1:1234/a\"}");
}

static void makes_values_in_xml_and_leaves_the_rest_as_it_is(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        apply(f,
              "{\"headers\":{\"Content-Type\":[\"application/xml\"]},\"body\":{\"contentType\":"
              "\"application/xml\",\"content\":\"<?xml version='1.0'?><p:a xmlns:p='urn:p' id=\\\"1"
              "\\\" n='2'><!-- c --><b>x</b><b/><c>y</c></p:a>\"},\"generators\":{\"body\":{"
              "\"$['urn:p:a']['@n']\":{\"type\":\"RandomInt\",\"min\":5,\"max\":5},"
              "\"$['urn:p:a'].b[0]\":{\"type\":\"Regex\",\"regex\":\"&lt\"},"
              "\"$['urn:p:a'].b[1]['#text']\":{\"type\":\"RandomInt\",\"min\":6,\"max\":6}}}}",
              false, MSVC__GENERATE_FOR_CONSUMER),
        0);
    assert_string_equal(f->made.body,
                        "<?xml version='1.0'?><p:a xmlns:p='urn:p' id=\"1\" n='5'><!-- c --><b>"
                        "&amp;lt</b><b>6</b><c>y</c></p:a>");
}

static void makes_values_in_forms(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        apply(f,
              "{\"body\":{\"contentType\":\"application/x-www-form-urlencoded\",\"content\":"
              "\"a=1&b=x+y\"},\"generators\":{\"body\":{\"$.a\":{\"type\":\"Date\",\"format\":"
              "\"d/M y\"}}}}",
              true, MSVC__GENERATE_FOR_CONSUMER),
        0);
    assert_string_equal(f->made.body, "a=1%2F1+2000&b=x+y");
}

static void makes_values_in_the_variants_of_a_list(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        apply(f,
              "{\"body\":{\"content\":[{\"h\":\"u\"},{\"h\":\"v\"}]},\"matchingRules\":{\"body\":{"
              "\"$\":{\"matchers\":[{\"match\":\"arrayContains\",\"variants\":[{\"index\":1,"
              "\"rules\":{},\"generators\":{\"$.h\":{\"type\":\"RandomInt\",\"min\":3,\"max\":3}}}"
              "]}]}}}}",
              false, MSVC__GENERATE_FOR_CONSUMER),
        0);
    assert_string_equal(f->made.body, "[{\"h\":\"u\"},{\"h\":\"3\"}]");
}

static void makes_texts_for_regexes(void **state)
{
    static const char *const patterns[] = {
        "\\d{1,8}",
        "[a-f0-9]{8}(-[a-f0-9]{4}){3}",
        "(foo|bar|baz)+",
        "a?b*c+",
        "[^a-z]{3}",
        "^https?://[\\w.-]+/(?:a|b\\|c)\\?x=\\S{2}$",
        "(?<year>\\d{4})-\\x41\\.\\t",
        "[]a]+[a\\]]",
        "[[:upper:]][[:digit:]]{2,3}?",
        "äöü{2}",
        "\\w+@\\w+\\.(com|org)",
        "",
        "x{,2}",
        "a|",
        "([A-Z]{2}){0,3}-\\W",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        for (int run = 0; run < 20; run++) {
            struct msvc_buffer out = MSVC_BUFFER_INIT;

            assert_int_equal(msvc__generate_regex(&out, patterns[i], &f->random, &f->err), 0);
            assert_true(fits(out.data != NULL ? out.data : "", patterns[i]));
            msvc_buffer_clear(&out);
        }
    }
}

static void says_for_which_regexes_it_makes_none(void **state)
{
    static const struct {
        const char *regex;
        int status;
    } cases[] = {
        { "(a)\\1", MSVC_ERR_UNSUPPORTED },
        { "(?=a)a", MSVC_ERR_UNSUPPORTED },
        { "\\p{L}", MSVC_ERR_UNSUPPORTED },
        { "(", MSVC_ERR_MALFORMED },
        { "(((a{1000}){1000}){1000}){1000}", MSVC_ERR_MALFORMED },
        { "(a{400}){400}", MSVC_ERR_LIMIT },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct msvc_buffer out = MSVC_BUFFER_INIT;

        assert_int_equal(msvc__generate_regex(&out, cases[i].regex, &f->random, &f->err),
                         cases[i].status);
        msvc_buffer_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(makes_values_of_every_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(gives_values_of_provider_states_their_own_types, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(never_makes_a_value_up_that_no_state_gave, setup, teardown),
        cmocka_unit_test_setup_teardown(names_a_generator_it_does_not_know, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_provider_states_alone_for_consumers, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(makes_path_query_headers_and_status, setup, teardown),
        cmocka_unit_test_setup_teardown(puts_the_address_of_the_mock_in_front, setup, teardown),
        cmocka_unit_test_setup_teardown(makes_values_in_xml_and_leaves_the_rest_as_it_is, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(makes_values_in_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(makes_values_in_the_variants_of_a_list, setup, teardown),
        cmocka_unit_test_setup_teardown(makes_texts_for_regexes, setup, teardown),
        cmocka_unit_test_setup_teardown(says_for_which_regexes_it_makes_none, setup, teardown),
    };

    return cmocka_run_group_tests_name("generators", tests, NULL, NULL);
}
