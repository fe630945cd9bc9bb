/* SPDX-License-Identifier: MIT */
#include <msvc/url.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

#include "test.h"

struct fixture {
    struct msvc_url *url;
    struct msvc_error err;
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){ 0 };
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc__fail_allocation_after(-1);
    msvc_url_free(f->url);
    return 0;
}

static void parse(struct fixture *f, const char *text)
{
    if (msvc_url_parse(&f->url, text, &f->err) < 0)
        fail_msg("%s: %s", text, f->err.message);
}

static void refuses(struct fixture *f, const char *text, const char *message)
{
    assert_int_equal(msvc_url_parse(&f->url, text, &f->err), MSVC_ERR_MALFORMED);
    assert_null(f->url);
    assert_non_null(strstr(f->err.message, message));
}

static void host_is(struct fixture *f, size_t index, const char *name, unsigned port)
{
    const struct msvc_url_host *host = msvc_url_host(f->url, index);

    assert_non_null(host);
    assert_string_equal(host->name, name);
    assert_int_equal(host->port, port);
}

static void reads_every_part(void **state)
{
    struct fixture *f = *state;

    parse(f, "Postgres://orders:secret@127.0.0.1:5432/orders?pool=8&wait");
    assert_string_equal(msvc_url_scheme(f->url), "postgres");
    assert_string_equal(msvc_url_user(f->url), "orders");
    assert_string_equal(msvc_url_password(f->url), "secret");
    assert_int_equal(msvc_url_host_count(f->url), 1);
    host_is(f, 0, "127.0.0.1", 5432);
    assert_string_equal(msvc_url_path(f->url), "/orders");
    assert_int_equal(msvc_url_query_count(f->url), 2);
    assert_string_equal(msvc_url_query(f->url, "pool"), "8");
    assert_string_equal(msvc_url_query(f->url, "wait"), "");
}

static void reads_a_path_without_a_host(void **state)
{
    struct fixture *f = *state;

    parse(f, "sqlite:/var/lib/orders.db");
    assert_int_equal(msvc_url_host_count(f->url), 0);
    assert_null(msvc_url_host(f->url, 0));
    assert_null(msvc_url_user(f->url));
    assert_null(msvc_url_password(f->url));
    assert_string_equal(msvc_url_path(f->url), "/var/lib/orders.db");
}

static void reads_a_relative_path(void **state)
{
    struct fixture *f = *state;

    parse(f, "sqlite:orders.db");
    assert_string_equal(msvc_url_path(f->url), "orders.db");
}

static void reads_a_path_behind_an_empty_host(void **state)
{
    struct fixture *f = *state;

    parse(f, "sqlite:///orders.db");
    assert_int_equal(msvc_url_host_count(f->url), 0);
    assert_string_equal(msvc_url_path(f->url), "/orders.db");
}

static void reads_several_hosts(void **state)
{
    struct fixture *f = *state;

    parse(f, "kafka://b1:9092,b2,[2001:db8::1]:9094/orders");
    assert_int_equal(msvc_url_host_count(f->url), 3);
    host_is(f, 0, "b1", 9092);
    host_is(f, 1, "b2", 0);
    host_is(f, 2, "2001:db8::1", 9094);
}

static void reads_an_ipv6_zone(void **state)
{
    struct fixture *f = *state;

    parse(f, "http://[fe80::1%25eth0]/");
    host_is(f, 0, "fe80::1%eth0", 0);
}

static void reads_an_empty_port_as_none(void **state)
{
    struct fixture *f = *state;

    parse(f, "http://a:/");
    host_is(f, 0, "a", 0);
}

static void decodes_every_part(void **state)
{
    struct fixture *f = *state;

    parse(f, "x://a%40b:c%3a%2F@h%2D1/p%20q%C3%A4?k%3d=v%26+w");
    assert_string_equal(msvc_url_user(f->url), "a@b");
    assert_string_equal(msvc_url_password(f->url), "c:/");
    host_is(f, 0, "h-1", 0);
    assert_string_equal(msvc_url_path(f->url), "/p q\xc3\xa4");
    assert_string_equal(msvc_url_query(f->url, "k="), "v&+w");
}

static void keeps_query_pairs_in_order_and_finds_the_first(void **state)
{
    struct fixture *f = *state;

    parse(f, "x:?a=1&&b=2&a=3");
    assert_int_equal(msvc_url_query_count(f->url), 3);
    assert_string_equal(msvc_url_query_at(f->url, 2)->key, "a");
    assert_string_equal(msvc_url_query_at(f->url, 2)->value, "3");
    assert_string_equal(msvc_url_query(f->url, "a"), "1");
    assert_null(msvc_url_query(f->url, "c"));
    assert_null(msvc_url_query_at(f->url, 3));
}

static void hides_the_password(void **state)
{
    struct fixture *f = *state;

    parse(f, "amqp://u:p%40ss@h:1/v");
    assert_string_equal(msvc_url_redacted(f->url), "amqp://u:***@h:1/v");
}

static void hides_an_empty_password(void **state)
{
    struct fixture *f = *state;

    parse(f, "amqp://u:@h");
    assert_string_equal(msvc_url_password(f->url), "");
    assert_string_equal(msvc_url_redacted(f->url), "amqp://u:***@h");
}

static void hides_secrets_in_the_query(void **state)
{
    struct fixture *f = *state;

    parse(f, "x://h?Token=a&user=b&sslpassword=c&api_key&secret=");
    assert_string_equal(msvc_url_redacted(f->url),
                        "x://h?Token=***&user=b&sslpassword=***&api_key&secret=***");
}

static void leaves_a_url_without_secrets_as_it_is(void **state)
{
    struct fixture *f = *state;

    parse(f, "HTTP://h/a%20b?c=d");
    assert_string_equal(msvc_url_redacted(f->url), "HTTP://h/a%20b?c=d");
}

static void refuses_text_without_a_scheme(void **state)
{
    refuses(*state, "localhost/orders", "column 10: expected a scheme");
}

static void refuses_a_scheme_that_starts_with_a_digit(void **state)
{
    refuses(*state, "1x:/", "starts with a letter");
}

static void refuses_an_odd_character_in_a_scheme(void **state)
{
    refuses(*state, "a_b:/", "column 2");
}

static void refuses_a_space(void **state)
{
    refuses(*state, "http://h/a b", "column 11: a character that must be percent-encoded");
}

static void refuses_bytes_that_are_not_ascii(void **state)
{
    refuses(*state, "http://h\xc3\xa4/", "column 9");
}

static void refuses_a_broken_escape(void **state)
{
    refuses(*state, "http://h/%2", "hexadecimal");
}

static void refuses_an_escape_that_is_not_hexadecimal(void **state)
{
    refuses(*state, "http://h/%2g", "hexadecimal");
}

static void refuses_an_encoded_nul(void **state)
{
    refuses(*state, "sqlite:a%00b", "NUL");
}

static void refuses_a_fragment(void **state)
{
    refuses(*state, "sqlite:a#b", "%23");
}

static void refuses_a_port_that_is_no_number(void **state)
{
    refuses(*state, "http://h:80a/", "column 12: expected a port");
}

static void refuses_port_zero(void **state)
{
    refuses(*state, "http://h:0/", "1 to 65535");
}

static void refuses_a_port_that_does_not_fit(void **state)
{
    refuses(*state, "http://h:65536/", "1 to 65535");
}

static void refuses_an_empty_host_in_a_list(void **state)
{
    refuses(*state, "kafka://a,,b/", "column 11: expected the name of a host");
}

static void refuses_a_list_that_ends_with_a_comma(void **state)
{
    refuses(*state, "kafka://a,/", "expected the name of a host");
}

static void refuses_what_is_no_ipv6_address(void **state)
{
    refuses(*state, "http://[1:2]/", "IPv6");
}

static void refuses_an_open_bracket(void **state)
{
    refuses(*state, "http://[::1/", "']'");
}

static void refuses_text_behind_a_bracket(void **state)
{
    refuses(*state, "http://[::1]x/", "expected ':'");
}

static void refuses_a_query_value_without_a_name(void **state)
{
    refuses(*state, "x:?=1", "name before '='");
}

static void never_repeats_a_password_in_a_message(void **state)
{
    struct fixture *f = *state;

    refuses(f, "postgres://u:hun/ter2@h/db", "%2F");
    assert_null(strstr(f->err.message, "hun"));
    refuses(f, "postgres://u:hun ter2@h/db", "percent-encoded");
    assert_null(strstr(f->err.message, "hun"));
}

static void refuses_null(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_url_parse(&f->url, NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_url_parse(NULL, "x:", NULL), MSVC_ERR_INVALID);
    assert_null(msvc_url_query(NULL, "a"));
    assert_int_equal(msvc_url_host_count(NULL), 0);
}

static void reads_the_longest_url_and_refuses_a_longer_one(void **state)
{
    struct fixture *f = *state;
    char text[MSVC_URL_MAX + 2] = "x:";

    memset(text + 2, 'a', MSVC_URL_MAX - 2);
    parse(f, text);
    text[MSVC_URL_MAX] = 'a';
    msvc_url_free(f->url);
    f->url = NULL;
    assert_int_equal(msvc_url_parse(&f->url, text, &f->err), MSVC_ERR_LIMIT);
}

static void names_the_unknown_key_and_the_known_ones(void **state)
{
    static const char *const known[] = { "pool", "wait_ms", NULL };
    struct fixture *f = *state;

    parse(f, "x:?pool=1&pol=2");
    assert_int_equal(msvc_url_check_query(f->url, known, &f->err), MSVC_ERR_INVALID);
    assert_string_equal(f->err.message, "unknown query key \"pol\" in a URL; known: pool, wait_ms");
}

static void accepts_known_keys(void **state)
{
    static const char *const known[] = { "pool", "wait_ms", NULL };
    struct fixture *f = *state;

    parse(f, "x:?wait_ms=1&pool=2");
    assert_int_equal(msvc_url_check_query(f->url, known, &f->err), 0);
}

static void says_that_no_key_is_known(void **state)
{
    static const char *const known[] = { NULL };
    struct fixture *f = *state;

    parse(f, "x:?a");
    assert_int_equal(msvc_url_check_query(f->url, known, &f->err), MSVC_ERR_INVALID);
    assert_non_null(strstr(f->err.message, "known: none"));
}

static void reads_a_number_from_the_query(void **state)
{
    struct fixture *f = *state;
    uint64_t number = 0;

    parse(f, "x:?pool=18446744073709551615");
    assert_int_equal(msvc_url_query_number(&number, f->url, "pool", 1, 1, UINT64_MAX, &f->err), 0);
    assert_true(number == UINT64_MAX);
}

static void gives_the_fallback_for_an_absent_key(void **state)
{
    struct fixture *f = *state;
    uint64_t number = 0;

    parse(f, "x:");
    assert_int_equal(msvc_url_query_number(&number, f->url, "pool", 7, 1, 9, &f->err), 0);
    assert_int_equal(number, 7);
}

static void number_is_refused(struct fixture *f, const char *text)
{
    uint64_t number = 77;

    parse(f, text);
    assert_int_equal(msvc_url_query_number(&number, f->url, "n", 7, 1, 9, &f->err),
                     MSVC_ERR_INVALID);
    assert_int_equal(number, 77);
    assert_non_null(strstr(f->err.message, "from 1 to 9"));
}

static void refuses_a_number_out_of_range(void **state)
{
    number_is_refused(*state, "x:?n=10");
}

static void refuses_a_number_that_does_not_fit(void **state)
{
    number_is_refused(*state, "x:?n=18446744073709551616");
}

static void refuses_a_number_with_a_sign(void **state)
{
    number_is_refused(*state, "x:?n=+1");
}

static void refuses_an_empty_number(void **state)
{
    number_is_refused(*state, "x:?n");
}

static void answers_nomem_when_there_is_no_memory(void **state)
{
    struct fixture *f = *state;

    msvc__fail_allocation_after(0);
    assert_int_equal(msvc_url_parse(&f->url, "x:", &f->err), MSVC_ERR_NOMEM);
    assert_null(f->url);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_every_part),
        TEST(reads_a_path_without_a_host),
        TEST(reads_a_relative_path),
        TEST(reads_a_path_behind_an_empty_host),
        TEST(reads_several_hosts),
        TEST(reads_an_ipv6_zone),
        TEST(reads_an_empty_port_as_none),
        TEST(decodes_every_part),
        TEST(keeps_query_pairs_in_order_and_finds_the_first),
        TEST(hides_the_password),
        TEST(hides_an_empty_password),
        TEST(hides_secrets_in_the_query),
        TEST(leaves_a_url_without_secrets_as_it_is),
        TEST(refuses_text_without_a_scheme),
        TEST(refuses_a_scheme_that_starts_with_a_digit),
        TEST(refuses_an_odd_character_in_a_scheme),
        TEST(refuses_a_space),
        TEST(refuses_bytes_that_are_not_ascii),
        TEST(refuses_a_broken_escape),
        TEST(refuses_an_escape_that_is_not_hexadecimal),
        TEST(refuses_an_encoded_nul),
        TEST(refuses_a_fragment),
        TEST(refuses_a_port_that_is_no_number),
        TEST(refuses_port_zero),
        TEST(refuses_a_port_that_does_not_fit),
        TEST(refuses_an_empty_host_in_a_list),
        TEST(refuses_a_list_that_ends_with_a_comma),
        TEST(refuses_what_is_no_ipv6_address),
        TEST(refuses_an_open_bracket),
        TEST(refuses_text_behind_a_bracket),
        TEST(refuses_a_query_value_without_a_name),
        TEST(never_repeats_a_password_in_a_message),
        TEST(refuses_null),
        TEST(reads_the_longest_url_and_refuses_a_longer_one),
        TEST(names_the_unknown_key_and_the_known_ones),
        TEST(accepts_known_keys),
        TEST(says_that_no_key_is_known),
        TEST(reads_a_number_from_the_query),
        TEST(gives_the_fallback_for_an_absent_key),
        TEST(refuses_a_number_out_of_range),
        TEST(refuses_a_number_that_does_not_fit),
        TEST(refuses_a_number_with_a_sign),
        TEST(refuses_an_empty_number),
        TEST(answers_nomem_when_there_is_no_memory),
    };

    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
