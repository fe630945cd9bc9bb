/* SPDX-License-Identifier: MIT */
#include <msvc/trace_context.h>

#include <stdio.h>
#include <string.h>

#include <msvc/status.h>

#include "test.h"

#define TRACE  "0af7651916cd43dd8448eb211c80319c"
#define SPAN   "b7ad6b7169203331"
#define PARENT "00-" TRACE "-" SPAN "-01"

static struct msvc_trace_context parsed(const char *traceparent, const char *tracestate)
{
    struct msvc_trace_context context;

    assert_int_equal(msvc_trace_context_parse(&context, traceparent, tracestate), 0);
    return context;
}

static void assert_tracestate(const char *given, const char *kept)
{
    struct msvc_trace_context context = parsed(PARENT, given);

    assert_string_equal(context.tracestate, kept);
}

static void assert_malformed(const char *traceparent)
{
    static const struct msvc_trace_context nobody;
    struct msvc_trace_context context;

    memset(&context, 0xff, sizeof(context));
    assert_int_equal(msvc_trace_context_parse(&context, traceparent, "foo=1"), MSVC_ERR_MALFORMED);
    assert_memory_equal(&context, &nobody, sizeof(nobody));
}

/* count members k00=v, k01=v … joined with commas. */
static const char *members(char *out, size_t size, int count)
{
    size_t at = 0;

    for (int i = 0; i < count; i++)
        at += (size_t)snprintf(out + at, size - at, "%sk%02d=v", i > 0 ? "," : "", i);
    return out;
}

/* One member of exactly length characters whose key starts with `start`. */
static const char *member(char *out, char start, size_t length)
{
    memset(out, 'z', length);
    out[0] = start;
    out[3] = '=';
    out[length] = '\0';
    return out;
}

static void reads_ids_and_flags_as_remote(void **state)
{
    struct msvc_trace_context context = parsed(PARENT, NULL);
    char text[33];

    (void)state;
    msvc_trace_id_text(text, &context);
    assert_string_equal(text, TRACE);
    msvc_span_id_text(text, &context);
    assert_string_equal(text, SPAN);
    assert_int_equal(context.flags, MSVC_TRACE_SAMPLED);
    assert_true(context.is_remote);
}

static void writes_what_it_read(void **state)
{
    struct msvc_trace_context context = parsed(PARENT, NULL);
    char text[MSVC_TRACEPARENT_SIZE];

    (void)state;
    msvc_trace_context_traceparent(text, &context);
    assert_string_equal(text, PARENT);
}

static void keeps_the_random_flag_and_clears_unknown_ones(void **state)
{
    struct msvc_trace_context context = parsed("00-" TRACE "-" SPAN "-ff", NULL);
    char text[MSVC_TRACEPARENT_SIZE];

    (void)state;
    assert_int_equal(context.flags, MSVC_TRACE_SAMPLED | MSVC_TRACE_RANDOM);
    msvc_trace_context_traceparent(text, &context);
    assert_string_equal(text, "00-" TRACE "-" SPAN "-03");
}

static void writes_nothing_for_a_context_that_is_not_valid(void **state)
{
    struct msvc_trace_context context = { .span_id = { 1 } };
    char text[MSVC_TRACEPARENT_SIZE] = "old";

    (void)state;
    msvc_trace_context_traceparent(text, &context);
    assert_string_equal(text, "");
    msvc_trace_context_traceparent(text, NULL);
    assert_string_equal(text, "");
}

static void tells_an_absent_header_from_a_malformed_one(void **state)
{
    struct msvc_trace_context context;

    (void)state;
    assert_int_equal(msvc_trace_context_parse(&context, NULL, "foo=1"), MSVC_ERR_NOT_FOUND);
    assert_string_equal(context.tracestate, "");
    assert_int_equal(msvc_trace_context_parse(NULL, PARENT, NULL), MSVC_ERR_INVALID);
    assert_malformed("");
}

static void accepts_white_space_around_traceparent(void **state)
{
    (void)state;
    (void)parsed(" \t" PARENT "\t ", NULL);
}

static void refuses_anything_after_version_00(void **state)
{
    (void)state;
    assert_malformed(PARENT "-");
    assert_malformed(PARENT "-what-the-future-will-be-like");
    assert_malformed(PARENT ".");
}

static void accepts_a_later_version_with_a_dashed_suffix(void **state)
{
    struct msvc_trace_context context =
        parsed("cc-" TRACE "-" SPAN "-01-what-the-future-will-be-like", NULL);
    char text[MSVC_TRACEPARENT_SIZE];

    (void)state;
    msvc_trace_context_traceparent(text, &context);
    assert_string_equal(text, PARENT);
    (void)parsed("cc-" TRACE "-" SPAN "-01", NULL);
    (void)parsed("cc-" TRACE "-" SPAN "-01-", NULL);
}

static void refuses_a_later_version_with_another_suffix(void **state)
{
    (void)state;
    assert_malformed("cc-" TRACE "-" SPAN "-01.what-the-future-will-be-like");
    assert_malformed("cc-" TRACE "-" SPAN "-010");
}

static void refuses_version_ff(void **state)
{
    (void)state;
    assert_malformed("ff-" TRACE "-" SPAN "-01");
}

static void refuses_two_headers_joined(void **state)
{
    (void)state;
    assert_malformed(PARENT "," PARENT);
    assert_malformed("cc-" TRACE "-" SPAN "-01-x,cc-" TRACE "-" SPAN "-01");
}

static void refuses_ids_of_zeros(void **state)
{
    (void)state;
    assert_malformed("00-00000000000000000000000000000000-" SPAN "-01");
    assert_malformed("00-" TRACE "-0000000000000000-01");
}

static void refuses_upper_case_and_what_is_no_digit(void **state)
{
    (void)state;
    assert_malformed("00-0AF7651916cd43dd8448eb211c80319c-" SPAN "-01");
    assert_malformed("00-" TRACE "-B7ad6b7169203331-01");
    assert_malformed("00-.af7651916cd43dd8448eb211c80319c-" SPAN "-01");
    assert_malformed("0.-" TRACE "-" SPAN "-01");
    assert_malformed("00-" TRACE "-" SPAN "-.1");
}

static void refuses_parts_of_another_length(void **state)
{
    (void)state;
    assert_malformed("00-" TRACE "-" SPAN "-1");
    assert_malformed("000-" TRACE "-" SPAN "-01");
    assert_malformed("00-" TRACE "0-" SPAN "-01");
    assert_malformed("00-" TRACE "-" SPAN "0-01");
    assert_malformed("00_" TRACE "_" SPAN "_01");
}

static void keeps_members_in_order_and_drops_white_space_around_them(void **state)
{
    (void)state;
    assert_tracestate("foo=1 \t , \t bar=2, \t baz=3 ", "foo=1,bar=2,baz=3");
}

static void leaves_out_empty_members(void **state)
{
    (void)state;
    assert_tracestate("foo=1,", "foo=1");
    assert_tracestate(", ,foo=1,\t,,bar=2,", "foo=1,bar=2");
    assert_tracestate("", "");
    assert_tracestate(" , ", "");
}

static void keeps_the_newest_of_a_repeated_key(void **state)
{
    (void)state;
    assert_tracestate("foo=1,bar=2,foo=3", "foo=1,bar=2");
}

static void accepts_every_character_of_the_key_grammar(void **state)
{
    (void)state;
    assert_tracestate("abcdefghijklmnopqrstuvwxyz0123456789_-*/=1",
                      "abcdefghijklmnopqrstuvwxyz0123456789_-*/=1");
    assert_tracestate("foo@=1,foo@@bar=2,foo@bar@baz=3,9x=4",
                      "foo@=1,foo@@bar=2,foo@bar@baz=3,9x=4");
}

static void drops_a_tracestate_with_a_wrong_key(void **state)
{
    (void)state;
    assert_tracestate("foo=1,@foo=1", "");
    assert_tracestate("Foo=1", "");
    assert_tracestate("foo =1", "");
    assert_tracestate("_foo=1", "");
    assert_tracestate("foo.bar=1", "");
    assert_tracestate("=1", "");
}

static void accepts_every_character_of_the_value_grammar(void **state)
{
    static const char all[] = "foo= !\"#$%&'()*+-./0123456789:;<>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

    (void)state;
    assert_tracestate(all, all);
}

static void drops_a_tracestate_with_a_wrong_value(void **state)
{
    (void)state;
    assert_tracestate("foo=bar=baz", "");
    assert_tracestate("foo=,bar=1", "");
    assert_tracestate("foo= ", "");
    assert_tracestate("foo", "");
    assert_tracestate("foo=a\tb", "");
    assert_tracestate("foo=\x7f", "");
    assert_tracestate("foo=\xc3\xa9", "");
}

static void accepts_32_members_and_drops_33(void **state)
{
    char given[512];

    (void)state;
    assert_tracestate(members(given, sizeof(given), 32), given);
    assert_tracestate(members(given, sizeof(given), 33), "");
}

static void accepts_a_key_of_256_characters_and_drops_257(void **state)
{
    char given[300];

    (void)state;
    memset(given, 'k', sizeof(given));
    memcpy(given + 256, "=1", 3);
    assert_tracestate(given, given);
    given[256] = 'k';
    memcpy(given + 257, "=1", 3);
    assert_tracestate(given, "");
}

static void accepts_a_value_of_256_characters_and_drops_257(void **state)
{
    char given[300];

    (void)state;
    memset(given, 'v', sizeof(given));
    memcpy(given, "k=", 2);
    given[258] = '\0';
    assert_tracestate(given, given);
    given[258] = 'v';
    given[259] = '\0';
    assert_tracestate(given, "");
}

static void keeps_512_characters_whole(void **state)
{
    char given[600];
    char *at = given;

    (void)state;
    for (char start = 'a'; start < 'e'; start++) {
        (void)member(at, start, start == 'a' ? 125 : 128);
        at += strlen(at);
        *at++ = start == 'd' ? '\0' : ',';
    }
    assert_int_equal(strlen(given), 512);
    assert_tracestate(given, given);
}

static void drops_the_rightmost_members_when_none_is_large(void **state)
{
    char parts[5][129];
    char given[700];
    char kept[520];

    (void)state;
    for (int i = 0; i < 5; i++)
        (void)member(parts[i], (char)('a' + i), 120);
    (void)snprintf(given, sizeof(given), "%s,%s,%s,%s,%s", parts[0], parts[1], parts[2], parts[3],
                   parts[4]);
    (void)snprintf(kept, sizeof(kept), "%s,%s,%s,%s", parts[0], parts[1], parts[2], parts[3]);
    assert_tracestate(given, kept);
}

static void drops_a_large_member_first_wherever_it_stands(void **state)
{
    char large[200];
    char parts[4][129];
    char given[800];
    char kept[520];

    (void)state;
    (void)member(large, 'l', 129);
    for (int i = 0; i < 4; i++)
        (void)member(parts[i], (char)('a' + i), 120);
    (void)snprintf(given, sizeof(given), "%s,%s,%s,%s,%s", large, parts[0], parts[1], parts[2],
                   parts[3]);
    (void)snprintf(kept, sizeof(kept), "%s,%s,%s,%s", parts[0], parts[1], parts[2], parts[3]);
    assert_tracestate(given, kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_ids_and_flags_as_remote),
        cmocka_unit_test(writes_what_it_read),
        cmocka_unit_test(keeps_the_random_flag_and_clears_unknown_ones),
        cmocka_unit_test(writes_nothing_for_a_context_that_is_not_valid),
        cmocka_unit_test(tells_an_absent_header_from_a_malformed_one),
        cmocka_unit_test(accepts_white_space_around_traceparent),
        cmocka_unit_test(refuses_anything_after_version_00),
        cmocka_unit_test(accepts_a_later_version_with_a_dashed_suffix),
        cmocka_unit_test(refuses_a_later_version_with_another_suffix),
        cmocka_unit_test(refuses_version_ff),
        cmocka_unit_test(refuses_two_headers_joined),
        cmocka_unit_test(refuses_ids_of_zeros),
        cmocka_unit_test(refuses_upper_case_and_what_is_no_digit),
        cmocka_unit_test(refuses_parts_of_another_length),
        cmocka_unit_test(keeps_members_in_order_and_drops_white_space_around_them),
        cmocka_unit_test(leaves_out_empty_members),
        cmocka_unit_test(keeps_the_newest_of_a_repeated_key),
        cmocka_unit_test(accepts_every_character_of_the_key_grammar),
        cmocka_unit_test(drops_a_tracestate_with_a_wrong_key),
        cmocka_unit_test(accepts_every_character_of_the_value_grammar),
        cmocka_unit_test(drops_a_tracestate_with_a_wrong_value),
        cmocka_unit_test(accepts_32_members_and_drops_33),
        cmocka_unit_test(accepts_a_key_of_256_characters_and_drops_257),
        cmocka_unit_test(accepts_a_value_of_256_characters_and_drops_257),
        cmocka_unit_test(keeps_512_characters_whole),
        cmocka_unit_test(drops_the_rightmost_members_when_none_is_large),
        cmocka_unit_test(drops_a_large_member_first_wherever_it_stands),
    };

    return cmocka_run_group_tests_name("trace_context", tests, NULL, NULL);
}
