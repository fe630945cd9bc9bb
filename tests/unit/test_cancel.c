/* SPDX-License-Identifier: MIT */
#include <msvc/cancel.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"

#include "test.h"

static struct msvc_cancel *for_handler;

static int setup(void **state)
{
    struct msvc_cancel *cancel;

    if (msvc_cancel_new(&cancel) < 0)
        return -1;
    *state = cancel;
    return 0;
}

static int teardown(void **state)
{
    msvc__fail_allocation_after(-1);
    msvc_cancel_free(*state);
    return 0;
}

static bool is_readable(const struct msvc_cancel *cancel)
{
    struct pollfd poll_fd = { .fd = msvc_cancel_fd(cancel), .events = POLLIN };

    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLIN) != 0;
}

static void handle(int number)
{
    (void)number;
    msvc_cancel_request(for_handler);
}

static void is_not_requested_at_first(void **state)
{
    assert_false(msvc_cancel_is_requested(*state));
    assert_false(is_readable(*state));
}

static void is_requested_and_readable_from_then_on(void **state)
{
    msvc_cancel_request(*state);
    assert_true(msvc_cancel_is_requested(*state));
    assert_true(is_readable(*state));
    assert_true(is_readable(*state));
}

static void repeating_it_changes_nothing(void **state)
{
    msvc_cancel_request(*state);
    msvc_cancel_request(*state);
    assert_true(msvc_cancel_is_requested(*state));
    assert_true(is_readable(*state));
}

static void can_be_requested_from_a_signal_handler(void **state)
{
    struct sigaction action = { .sa_handler = handle };
    struct sigaction before;

    for_handler = *state;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
    assert_true(msvc_cancel_is_requested(*state));
    assert_true(is_readable(*state));
}

static void null_is_never_requested(void **state)
{
    (void)state;
    msvc_cancel_request(NULL);
    msvc_cancel_free(NULL);
    assert_false(msvc_cancel_is_requested(NULL));
    assert_int_equal(msvc_cancel_fd(NULL), -1);
    assert_int_equal(msvc_cancel_new(NULL), MSVC_ERR_INVALID);
}

static void answers_nomem_when_there_is_no_memory(void **state)
{
    struct msvc_cancel *cancel = NULL;

    (void)state;
    msvc__fail_allocation_after(0);
    assert_int_equal(msvc_cancel_new(&cancel), MSVC_ERR_NOMEM);
    assert_null(cancel);
}

static void is_unavailable_when_no_descriptor_is_left(void **state)
{
    struct msvc_cancel *cancel = NULL;
    struct rlimit before;
    struct rlimit none;
    int status;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    status = msvc_cancel_new(&cancel);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(status, MSVC_ERR_UNAVAILABLE);
    assert_null(cancel);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_not_requested_at_first),
        TEST(is_requested_and_readable_from_then_on),
        TEST(repeating_it_changes_nothing),
        TEST(can_be_requested_from_a_signal_handler),
        TEST(null_is_never_requested),
        TEST(answers_nomem_when_there_is_no_memory),
        TEST(is_unavailable_when_no_descriptor_is_left),
    };

    return cmocka_run_group_tests_name("cancel", tests, NULL, NULL);
}
