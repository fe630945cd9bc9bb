/* SPDX-License-Identifier: MIT */
#include <msvc/runner.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/telemetry.h>

#include "base/os_internal.h"
#include "test.h"

/* A pump that counts its runs and can be told to fail. */
struct fixture {
    struct msvc_runner *runner;
    pthread_mutex_t lock; /* guards runs and is_failing */
    pthread_cond_t changed;
    int runs;
    bool is_failing;
    int fd;
};

static int pump_run_once(void *object, int timeout_ms, struct msvc_error *err)
{
    struct fixture *f = object;
    int status = 0;

    (void)timeout_ms;
    msvc__wake_clear(f->fd);
    (void)pthread_mutex_lock(&f->lock);
    f->runs++;
    if (f->is_failing)
        status = msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "test", 0, "told to fail");
    (void)pthread_cond_broadcast(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
    return status;
}

static int pump_fd(void *object)
{
    struct fixture *f = object;

    return f->fd;
}

static int never(void *object)
{
    (void)object;
    return -1;
}

static struct msvc_pump pump_of(struct fixture *f)
{
    return (struct msvc_pump){ pump_run_once, pump_fd, never, f };
}

static void wait_for_runs(struct fixture *f, int runs)
{
    (void)pthread_mutex_lock(&f->lock);
    while (f->runs < runs)
        (void)pthread_cond_wait(&f->changed, &f->lock);
    (void)pthread_mutex_unlock(&f->lock);
}

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    (void)pthread_mutex_init(&f.lock, NULL);
    (void)pthread_cond_init(&f.changed, NULL);
    f.fd = msvc__wake_open();
    *state = &f;
    return msvc_runner_new(&f.runner, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_runner_free(f->runner);
    return 0;
}

static void runs_a_pump_once_it_is_added(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_runner_add(f->runner, "pump", pump_of(f), NULL), 0);
    wait_for_runs(f, 1);
}

static void runs_it_again_when_its_descriptor_says_so(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_runner_add(f->runner, "pump", pump_of(f), NULL), 0);
    wait_for_runs(f, 1);
    msvc__wake_signal(f->fd);
    wait_for_runs(f, 2);
}

static void keeps_running_a_pump_that_fails(void **state)
{
    struct fixture *f = *state;

    f->is_failing = true;
    assert_int_equal(msvc_runner_add(f->runner, "pump", pump_of(f), NULL), 0);
    wait_for_runs(f, 2);
}

static void takes_no_pump_after_a_stop(void **state)
{
    struct fixture *f = *state;
    struct msvc_error err;

    msvc_runner_stop(f->runner);
    assert_int_equal(msvc_runner_add(f->runner, "pump", pump_of(f), &err), MSVC_ERR_STATE);
    assert_int_equal(f->runs, 0);
}

static void refuses_a_pump_without_a_function(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_runner_add(f->runner, "pump", (struct msvc_pump){ 0 }, NULL),
                     MSVC_ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void refuses_to_be_made_for_nobody(void **state)
{
    (void)state;
    assert_int_equal(msvc_runner_new(NULL, NULL), MSVC_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(runs_a_pump_once_it_is_added),      TEST(runs_it_again_when_its_descriptor_says_so),
        TEST(keeps_running_a_pump_that_fails),   TEST(takes_no_pump_after_a_stop),
        TEST(refuses_a_pump_without_a_function), TEST(refuses_to_be_made_for_nobody),
    };

    return cmocka_run_group_tests_name("runner", tests, NULL, NULL);
}
