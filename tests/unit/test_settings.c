/* SPDX-License-Identifier: MIT */
#include <msvc/settings.h>

#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/status.h>

#include "test.h"

static const struct msvc_setting settings[] = {
    { .name = "LEVEL",
      .kind = MSVC_SETTING_TEXT,
      .fallback = "INFO",
      .help = "how much is logged" },
    { .name = "LIMIT",
      .kind = MSVC_SETTING_NUMBER,
      .fallback = "10",
      .help = "most items",
      .least = 1,
      .most = 100 },
    { .name = "STRICT", .kind = MSVC_SETTING_FLAG, .fallback = "false", .help = "refuse more" },
    { .name = "PASSWORD", .kind = MSVC_SETTING_NUMBER, .help = "a secret", .is_secret = true },
    { .name = NULL },
};

struct fixture {
    struct msvc_buffer problems;
    struct msvc_settings *read;
};

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state == NULL;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_settings_free(f->read);
    msvc_buffer_clear(&f->problems);
    free(f);
    return 0;
}

static int read_environment(struct fixture *f, const char *const *environment)
{
    char *copies[16] = { 0 };
    int status;

    for (size_t i = 0; environment[i] != NULL; i++)
        copies[i] = strdup(environment[i]);
    status = msvc_settings_read(&f->read, "APP_", settings, copies, &f->problems);
    for (size_t i = 0; copies[i] != NULL; i++)
        free(copies[i]);
    return status;
}

#define ENVIRONMENT(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void falls_back_to_the_default(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_environment(f, ENVIRONMENT("PASSWORD=1")), 0);
    assert_string_equal(msvc_settings_text(f->read, "LEVEL"), "INFO");
    assert_int_equal(msvc_settings_number(f->read, "LIMIT"), 10);
    assert_false(msvc_settings_flag(f->read, "STRICT"));
}

static void prefers_the_name_with_the_prefix(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        read_environment(f, ENVIRONMENT("LIMIT=5", "APP_LIMIT=7", "PASSWORD=1", "STRICT=Yes")), 0);
    assert_int_equal(msvc_settings_number(f->read, "LIMIT"), 7);
    assert_true(msvc_settings_flag(f->read, "STRICT"));
}

static void takes_an_empty_value_for_unset(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_environment(f, ENVIRONMENT("APP_LIMIT=", "LIMIT=5", "PASSWORD=1")), 0);
    assert_int_equal(msvc_settings_number(f->read, "LIMIT"), 5);
}

static void reports_every_mistake_at_once(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_environment(f, ENVIRONMENT("LIMIT=101", "APP_STRICT=maybe")),
                     MSVC_ERR_INVALID);
    assert_null(f->read);
    assert_string_equal(
        f->problems.data,
        "APP_LIMIT is \"101\", expected a whole number of at least 1 and at most 100\n"
        "APP_STRICT is \"maybe\", expected true or false\n"
        "APP_PASSWORD is not set: a secret\n");
}

static void never_shows_a_secret(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_environment(f, ENVIRONMENT("PASSWORD=hunter2")), MSVC_ERR_INVALID);
    assert_null(strstr(f->problems.data, "hunter2"));
}

static void refuses_numbers_with_anything_else_in_them(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_environment(f, ENVIRONMENT("LIMIT= 5", "PASSWORD=1")), MSVC_ERR_INVALID);
    assert_int_equal(read_environment(f, ENVIRONMENT("LIMIT=5x", "PASSWORD=1")), MSVC_ERR_INVALID);
    assert_int_equal(read_environment(f, ENVIRONMENT("LIMIT=99999999999999999999", "PASSWORD=1")),
                     MSVC_ERR_INVALID);
}

static void explains_each_setting(void **state)
{
    struct fixture *f = *state;

    msvc_settings_help(&f->problems, "APP_", settings);
    assert_non_null(strstr(f->problems.data, "  APP_LIMIT\n      most items (default: 10)\n"));
    assert_non_null(strstr(f->problems.data, "  APP_PASSWORD\n      a secret (required)\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void reads_without_a_prefix(void **state)
{
    struct fixture *f = *state;
    char level[] = "LEVEL=WARN";
    char password[] = "PASSWORD=4711";
    char *environment[] = { level, password, NULL };

    assert_int_equal(msvc_settings_read(&f->read, NULL, settings, environment, &f->problems), 0);
    assert_string_equal(msvc_settings_text(f->read, "LEVEL"), "WARN");
}

static void refuses_to_report_to_nobody(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_settings_read(&f->read, "APP_", settings, NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_settings_read(NULL, "APP_", settings, NULL, &f->problems),
                     MSVC_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(falls_back_to_the_default),      TEST(prefers_the_name_with_the_prefix),
        TEST(takes_an_empty_value_for_unset), TEST(reports_every_mistake_at_once),
        TEST(never_shows_a_secret),           TEST(refuses_numbers_with_anything_else_in_them),
        TEST(explains_each_setting),          TEST(reads_without_a_prefix),
        TEST(refuses_to_report_to_nobody),
    };

    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
