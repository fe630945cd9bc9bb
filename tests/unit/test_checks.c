/* SPDX-License-Identifier: MIT */
/* The ready-made checks, each with the part that it looks at. */
#include <msvc/checks.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <msvc/breaker.h>
#include <msvc/bus.h>
#include <msvc/bus/memory.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "checks/checks_internal.h"
#include "test.h"

struct fixture {
    struct msvc_health_run run;
    struct msvc_error err;
    char root[64]; /* where /proc and /sys are */
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){ .root = "/tmp/msvc-checks-XXXXXX" };
    assert_non_null(mkdtemp(f.root));
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -r %s", f->root);
    return system(command);
}

/* Makes the folders on the way, too. */
static void write_file(struct fixture *f, const char *path, const char *text)
{
    char full[256];
    FILE *file;

    (void)snprintf(full, sizeof(full), "%s%s", f->root, path);
    for (char *at = strchr(full + strlen(f->root) + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        (void)mkdir(full, 0700);
        *at = '/';
    }
    file = fopen(full, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void passes_a_breaker_that_is_closed_and_fails_an_open_one(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker *breaker;

    assert_int_equal(msvc_breaker_new(&breaker, NULL), 0);
    assert_int_equal(msvc_check_breaker(breaker, &f->run, &f->err), MSVC_HEALTH_PASS);
    assert_int_equal(msvc_breaker_set(breaker, MSVC_BREAKER_FORCED_OPEN, 1), 0);
    assert_int_equal(msvc_check_breaker(breaker, &f->run, &f->err), MSVC_ERR_REJECTED);
    assert_string_equal(f->err.message, "the breaker is forced-open");
    assert_int_equal(msvc_breaker_set(breaker, MSVC_BREAKER_HALF_OPEN, 1), 0);
    assert_int_equal(msvc_check_breaker(breaker, &f->run, &f->err), MSVC_HEALTH_WARN);
    assert_int_equal(msvc_breaker_set(breaker, MSVC_BREAKER_DISABLED, 1), 0);
    assert_int_equal(msvc_check_breaker(breaker, &f->run, &f->err), MSVC_HEALTH_PASS);
    msvc_breaker_free(breaker);
}

static void fails_a_bus_until_it_has_run(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus;

    assert_int_equal(
        msvc_bus_open(&bus, "memory:checks", MSVC_BUS_DRIVERS(msvc_bus_memory()), NULL, &f->err),
        0);
    assert_int_equal(msvc_check_bus(bus, &f->run, &f->err), MSVC_ERR_UNAVAILABLE);
    assert_true(msvc_bus_run_once(bus, 0, &f->err) >= 0);
    assert_int_equal(msvc_check_bus(bus, &f->run, &f->err), MSVC_HEALTH_PASS);
    msvc_bus_close(bus);
}

static void measures_a_disk(void **state)
{
    struct fixture *f = *state;
    struct msvc_disk_watch roomy = { .path = f->root, .warn_percent = 101, .fail_percent = 101 };
    struct msvc_disk_watch missing = { .path = "/no/such/path" };

    assert_int_equal(msvc_check_disk(&roomy, &f->run, &f->err), MSVC_HEALTH_PASS);
    assert_true(f->run.has_value);
    assert_true(f->run.value >= 0 && f->run.value <= 100);
    assert_string_equal(f->run.unit, "percent");
    assert_int_equal(msvc_check_disk(&missing, &f->run, &f->err), MSVC_ERR_UNAVAILABLE);
    assert_string_equal(f->err.message, "/no/such/path: No such file or directory");
}

static void judges_a_share_by_its_limits(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc__check_share(&f->run, "disk", 79.9, 80, 90, &f->err), MSVC_HEALTH_PASS);
    assert_int_equal(msvc__check_share(&f->run, "disk", 80, 80, 90, &f->err), MSVC_HEALTH_WARN);
    assert_int_equal(msvc__check_share(&f->run, "disk", 90, 80, 90, &f->err), MSVC_ERR_LIMIT);
    assert_string_equal(f->err.message, "disk is 90.0 % in use");
    assert_int_equal(msvc__check_share(&f->run, "disk", 90, 99, 90, &f->err), MSVC_ERR_LIMIT);
}

#define GROUP "/sys/fs/cgroup/system.slice"
#define PART  GROUP "/orders.service"

static void measures_the_memory_of_its_control_group(void **state)
{
    struct fixture *f = *state;
    struct memory_use use;

    write_file(f, "/proc/self/cgroup", "4:memory:/old\n0::/system.slice/orders.service\n");
    write_file(f, PART "/memory.max", "1000\n");
    write_file(f, PART "/memory.current", "900\n");
    write_file(f, PART "/memory.stat", "anon 500\ninactive_file 300\nactive_file 100\n");
    assert_true(msvc__memory_use(&use, f->root));
    assert_true(use.limit == 1000);
    assert_true(use.used == 600);
}

static void takes_the_group_that_is_closest_to_its_limit(void **state)
{
    struct fixture *f = *state;
    struct memory_use use;

    write_file(f, "/proc/self/cgroup", "0::/system.slice/orders.service\n");
    write_file(f, PART "/memory.max", "max\n");
    write_file(f, PART "/memory.current", "900\n");
    write_file(f, GROUP "/memory.max", "4000\n");
    write_file(f, GROUP "/memory.current", "3000\n");
    assert_true(msvc__memory_use(&use, f->root));
    assert_true(use.limit == 4000);
    assert_true(use.used == 3000);
}

static void measures_the_machine_when_no_group_has_a_limit(void **state)
{
    struct fixture *f = *state;
    struct memory_use use;

    write_file(f, "/proc/self/cgroup", "0::/\n");
    write_file(f, "/proc/meminfo",
               "MemTotal:       2000 kB\nMemFree: 1 kB\nMemAvailable:    500 kB\n");
    assert_true(msvc__memory_use(&use, f->root));
    assert_true(use.limit == 2000 * 1024.0);
    assert_true(use.used == 1500 * 1024.0);
}

static void says_when_the_system_tells_nothing(void **state)
{
    struct fixture *f = *state;
    struct memory_use use;

    assert_false(msvc__memory_use(&use, f->root));
}

static void measures_the_memory_of_this_machine(void **state)
{
    struct fixture *f = *state;
    struct msvc_memory_watch roomy = { .warn_percent = 1000, .fail_percent = 1000 };

    assert_int_equal(msvc_check_memory(&roomy, &f->run, &f->err), MSVC_HEALTH_PASS);
    assert_true(f->run.value > 0);
    assert_true(msvc_check_memory(NULL, &f->run, &f->err) <= MSVC_HEALTH_WARN);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(passes_a_breaker_that_is_closed_and_fails_an_open_one),
        TEST(fails_a_bus_until_it_has_run),
        TEST(measures_a_disk),
        TEST(judges_a_share_by_its_limits),
        TEST(measures_the_memory_of_its_control_group),
        TEST(takes_the_group_that_is_closest_to_its_limit),
        TEST(measures_the_machine_when_no_group_has_a_limit),
        TEST(says_when_the_system_tells_nothing),
        TEST(measures_the_memory_of_this_machine),
    };

    return cmocka_run_group_tests_name("checks", tests, NULL, NULL);
}
