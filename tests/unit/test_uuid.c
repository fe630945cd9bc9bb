/* SPDX-License-Identifier: MIT */
#include <msvc/uuid.h>

#include <string.h>

#include <msvc/status.h>

#include "fake_clock.h"
#include "fake_random.h"

#include "test.h"

struct fixture {
    struct fake_clock clock;
    struct fake_random random;
};

static int setup(void **state)
{
    static struct fixture f;

    fake_clock_init(&f.clock);
    fake_random_init(&f.random, 1);
    *state = &f;
    return 0;
}

static void make(struct fixture *f, char out[MSVC_UUID_SIZE])
{
    msvc_uuid_new(out, &f->clock.clock, &f->random.random);
}

static void refuses(const char *text)
{
    uint8_t bytes[16] = { 77 };

    assert_int_equal(msvc_uuid_parse(bytes, text, strlen(text)), MSVC_ERR_MALFORMED);
    assert_int_equal(bytes[0], 77);
}

static void starts_with_the_milliseconds(void **state)
{
    struct fixture *f = *state;
    char text[MSVC_UUID_SIZE];

    f->clock.wall_ns = INT64_C(0x0123456789ab) * 1000000 + 999999;
    make(f, text);
    assert_memory_equal(text, "01234567-89ab-7", 15);
}

static void is_version_seven_of_the_rfc_variant(void **state)
{
    char text[MSVC_UUID_SIZE];
    uint8_t bytes[16];

    for (unsigned i = 0; i < 100; i++) {
        make(*state, text);
        assert_int_equal(msvc_uuid_parse(bytes, text, strlen(text)), 0);
        assert_int_equal(bytes[6] >> 4, 7);
        assert_int_equal(bytes[8] >> 6, 2);
    }
}

static void differs_within_a_millisecond(void **state)
{
    char first[MSVC_UUID_SIZE];
    char second[MSVC_UUID_SIZE];

    make(*state, first);
    make(*state, second);
    assert_string_not_equal(first, second);
    assert_memory_equal(first, second, 13);
}

static void sorts_by_the_millisecond(void **state)
{
    struct fixture *f = *state;
    char first[MSVC_UUID_SIZE];
    char second[MSVC_UUID_SIZE];

    make(f, first);
    fake_clock_advance_ms(&f->clock, 1);
    make(f, second);
    assert_true(strcmp(first, second) < 0);
}

static void counts_from_1970_when_the_clock_is_before(void **state)
{
    struct fixture *f = *state;
    char text[MSVC_UUID_SIZE];

    f->clock.wall_ns = -1;
    make(f, text);
    assert_memory_equal(text, "00000000-0000-7", 15);
}

static void works_with_the_systems_clock_and_randomness(void **state)
{
    char first[MSVC_UUID_SIZE];
    char second[MSVC_UUID_SIZE];

    (void)state;
    msvc_uuid_new(first, NULL, NULL);
    msvc_uuid_new(second, NULL, NULL);
    assert_int_equal(strlen(first), 36);
    assert_string_not_equal(first, second);
}

static void reads_either_case_and_writes_lower(void **state)
{
    uint8_t bytes[16];
    char text[MSVC_UUID_SIZE];

    (void)state;
    assert_int_equal(msvc_uuid_parse(bytes, "017F22E2-79b0-7cc3-98C4-dc0c0c07398f", 36), 0);
    assert_int_equal(bytes[0], 0x01);
    assert_int_equal(bytes[15], 0x8f);
    msvc_uuid_format(text, bytes);
    assert_string_equal(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

static void refuses_what_is_too_short_or_too_long(void **state)
{
    (void)state;
    refuses("");
    refuses("017f22e2-79b0-7cc3-98c4-dc0c0c07398");
    refuses("017f22e2-79b0-7cc3-98c4-dc0c0c07398f0");
}

static void refuses_what_is_not_hexadecimal(void **state)
{
    (void)state;
    refuses("017f22e2-79b0-7cc3-98c4-dc0c0c07398g");
    refuses("g17f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

static void refuses_dashes_in_the_wrong_place(void **state)
{
    (void)state;
    refuses("017f22e2079b0-7cc3-98c4-dc0c0c07398f");
    refuses("017f22e27-9b0-7cc3-98c4-dc0c0c07398f");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(starts_with_the_milliseconds),
        TEST(is_version_seven_of_the_rfc_variant),
        TEST(differs_within_a_millisecond),
        TEST(sorts_by_the_millisecond),
        TEST(counts_from_1970_when_the_clock_is_before),
        TEST(works_with_the_systems_clock_and_randomness),
        TEST(reads_either_case_and_writes_lower),
        TEST(refuses_what_is_too_short_or_too_long),
        TEST(refuses_what_is_not_hexadecimal),
        TEST(refuses_dashes_in_the_wrong_place),
    };

    return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
