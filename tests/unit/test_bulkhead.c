/* SPDX-License-Identifier: MIT */
#include <msvc/bulkhead.h>

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "test.h"

#define THREADS 4

struct fixture {
    struct msvc_bulkhead *bulkhead;
    struct msvc_cancel *cancel;
    uint64_t deadline_ns;
    pthread_t thread;
    _Atomic int status;
    _Atomic unsigned inside;
    _Atomic unsigned most_inside;
    _Atomic unsigned entered;
};

/* Two at once, two waiting. */
static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    *state = &fixture;
    if (msvc_cancel_new(&fixture.cancel) < 0)
        return -1;
    return msvc_bulkhead_new(&fixture.bulkhead, MSVC_BULKHEAD_OPTIONS(.calls = 2, .waiting = 2));
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_bulkhead_free(f->bulkhead);
    msvc_cancel_free(f->cancel);
    return 0;
}

static void fill(struct fixture *f)
{
    assert_int_equal(msvc_bulkhead_enter(f->bulkhead, 0, NULL), 0);
    assert_int_equal(msvc_bulkhead_enter(f->bulkhead, 0, NULL), 0);
}

static void *enter(void *user)
{
    struct fixture *f = user;

    f->status = msvc_bulkhead_enter(f->bulkhead, f->deadline_ns, f->cancel);
    return NULL;
}

static void start_waiting(struct fixture *f)
{
    unsigned before = msvc_bulkhead_waiting(f->bulkhead);

    assert_int_equal(pthread_create(&f->thread, NULL, enter, f), 0);
    while (msvc_bulkhead_waiting(f->bulkhead) == before)
        (void)sched_yield();
}

static int finish(struct fixture *f)
{
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    return f->status;
}

static void rejects_at_once_when_nobody_may_wait(void **state)
{
    struct msvc_bulkhead *bulkhead;

    (void)state;
    assert_int_equal(msvc_bulkhead_new(&bulkhead, MSVC_BULKHEAD_OPTIONS(.calls = 1)), 0);
    assert_int_equal(msvc_bulkhead_enter(bulkhead, 0, NULL), 0);
    assert_int_equal(msvc_bulkhead_enter(bulkhead, 0, NULL), MSVC_ERR_REJECTED);
    msvc_bulkhead_leave(bulkhead);
    assert_int_equal(msvc_bulkhead_enter(bulkhead, 0, NULL), 0);
    msvc_bulkhead_free(bulkhead);
}

static void hands_the_place_to_who_waits(void **state)
{
    struct fixture *f = *state;

    fill(f);
    start_waiting(f);
    msvc_bulkhead_leave(f->bulkhead);
    assert_int_equal(finish(f), 0);
    assert_int_equal(msvc_bulkhead_calls(f->bulkhead), 2);
    assert_int_equal(msvc_bulkhead_waiting(f->bulkhead), 0);
}

static void rejects_when_the_queue_is_full(void **state)
{
    struct fixture *f = *state;
    pthread_t first;

    fill(f);
    start_waiting(f);
    first = f->thread;
    start_waiting(f);
    assert_int_equal(msvc_bulkhead_enter(f->bulkhead, 0, NULL), MSVC_ERR_REJECTED);
    msvc_bulkhead_leave(f->bulkhead);
    msvc_bulkhead_leave(f->bulkhead);
    assert_int_equal(finish(f), 0);
    assert_int_equal(pthread_join(first, NULL), 0);
}

static void rejects_when_the_deadline_passes(void **state)
{
    struct fixture *f = *state;

    fill(f);
    assert_int_equal(msvc_bulkhead_enter(f->bulkhead, msvc_deadline_in(NULL, 5), NULL),
                     MSVC_ERR_REJECTED);
    assert_int_equal(msvc_bulkhead_waiting(f->bulkhead), 0);
    msvc_bulkhead_leave(f->bulkhead);
    assert_int_equal(msvc_bulkhead_calls(f->bulkhead), 1);
}

static void stops_waiting_when_cancelled(void **state)
{
    struct fixture *f = *state;

    fill(f);
    start_waiting(f);
    msvc_cancel_request(f->cancel);
    assert_int_equal(finish(f), MSVC_ERR_CANCELLED);
    assert_int_equal(msvc_bulkhead_waiting(f->bulkhead), 0);
}

static bool is_readable(int fd)
{
    struct pollfd asked = { .fd = fd, .events = POLLIN };

    return poll(&asked, 1, 0) == 1;
}

static void queues_without_waiting(void **state)
{
    struct fixture *f = *state;
    struct msvc_bulkhead_place first;
    struct msvc_bulkhead_place second;

    fill(f);
    assert_int_equal(msvc_bulkhead_queue(f->bulkhead, &first), 0);
    assert_int_equal(msvc_bulkhead_queue(f->bulkhead, &second), 0);
    assert_false(msvc_bulkhead_has_entered(f->bulkhead, &first));
    msvc_bulkhead_leave(f->bulkhead);
    assert_true(is_readable(first.fd));
    assert_false(is_readable(second.fd));
    assert_true(msvc_bulkhead_has_entered(f->bulkhead, &first));
    msvc_bulkhead_quit(f->bulkhead, &first);
    assert_true(msvc_bulkhead_has_entered(f->bulkhead, &second));
    msvc_bulkhead_quit(f->bulkhead, &second);
    msvc_bulkhead_quit(f->bulkhead, &second);
    assert_int_equal(msvc_bulkhead_calls(f->bulkhead), 1);
}

static void quits_the_queue_from_its_middle(void **state)
{
    struct fixture *f = *state;
    struct msvc_bulkhead_place first;
    struct msvc_bulkhead_place second;

    fill(f);
    assert_int_equal(msvc_bulkhead_queue(f->bulkhead, &first), 0);
    assert_int_equal(msvc_bulkhead_queue(f->bulkhead, &second), 0);
    msvc_bulkhead_quit(f->bulkhead, &first);
    assert_int_equal(msvc_bulkhead_waiting(f->bulkhead), 1);
    msvc_bulkhead_leave(f->bulkhead);
    assert_true(msvc_bulkhead_has_entered(f->bulkhead, &second));
    msvc_bulkhead_quit(f->bulkhead, &second);
    assert_int_equal(msvc_bulkhead_calls(f->bulkhead), 1);
}

static void forgets_waiters_that_gave_up_in_any_order(void **state)
{
    struct fixture *f = *state;

    fill(f);
    start_waiting(f);
    assert_int_equal(msvc_bulkhead_enter(f->bulkhead, msvc_deadline_in(NULL, 5), NULL),
                     MSVC_ERR_REJECTED);
    msvc_bulkhead_leave(f->bulkhead);
    assert_int_equal(finish(f), 0);
    start_waiting(f);
    msvc_bulkhead_leave(f->bulkhead);
    assert_int_equal(finish(f), 0);
}

static void *crowd(void *user)
{
    struct fixture *f = user;

    for (int i = 0; i < 500; i++) {
        unsigned now;
        unsigned most;

        if (msvc_bulkhead_enter(f->bulkhead, 0, NULL) < 0)
            continue;
        now = atomic_fetch_add(&f->inside, 1) + 1;
        most = atomic_load(&f->most_inside);
        while (now > most && !atomic_compare_exchange_weak(&f->most_inside, &most, now))
            ;
        (void)sched_yield();
        atomic_fetch_sub(&f->inside, 1);
        atomic_fetch_add(&f->entered, 1);
        msvc_bulkhead_leave(f->bulkhead);
    }
    return NULL;
}

static void never_holds_more_than_its_limit(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, crowd, f), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_in_range(f->most_inside, 1, 2);
    assert_int_equal(f->entered, THREADS * 500);
    assert_int_equal(msvc_bulkhead_calls(f->bulkhead), 0);
    assert_int_equal(msvc_bulkhead_waiting(f->bulkhead), 0);
}

static void copes_with_missing_objects(void **state)
{
    (void)state;
    assert_int_equal(msvc_bulkhead_new(NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_bulkhead_enter(NULL, 0, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_bulkhead_calls(NULL), 0);
    assert_int_equal(msvc_bulkhead_waiting(NULL), 0);
    msvc_bulkhead_leave(NULL);
    msvc_bulkhead_free(NULL);
}

static void says_when_memory_is_short(void **state)
{
    struct msvc_bulkhead *none = NULL;

    (void)state;
    msvc__fail_allocation_after(0);
    assert_int_equal(msvc_bulkhead_new(&none, NULL), MSVC_ERR_NOMEM);
    msvc__fail_allocation_after(-1);
}

static void refuses_options_of_the_future(void **state)
{
    struct {
        struct msvc_bulkhead_options known;
        uint64_t unknown;
    } options = { .known = { .size = sizeof(options) }, .unknown = 1 };
    struct msvc_bulkhead *none = NULL;

    (void)state;
    assert_int_equal(msvc_bulkhead_new(&none, &options.known), MSVC_ERR_UNSUPPORTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rejects_at_once_when_nobody_may_wait),
        TEST(hands_the_place_to_who_waits),
        TEST(rejects_when_the_queue_is_full),
        TEST(rejects_when_the_deadline_passes),
        TEST(stops_waiting_when_cancelled),
        TEST(queues_without_waiting),
        TEST(quits_the_queue_from_its_middle),
        TEST(forgets_waiters_that_gave_up_in_any_order),
        TEST(never_holds_more_than_its_limit),
        TEST(copes_with_missing_objects),
        TEST(says_when_memory_is_short),
        TEST(refuses_options_of_the_future),
    };

    return cmocka_run_group_tests_name("bulkhead", tests, NULL, NULL);
}
