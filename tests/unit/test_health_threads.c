/* SPDX-License-Identifier: MIT */
/* Nobody waits for a check that hangs: no probe, no other check. */
#include <msvc/health.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "test.h"

/* A door that checks wait at. */
struct fixture {
    struct msvc_health *health;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_open;
    int inside;
    _Atomic int quick_runs;
    _Atomic bool must_end;
};

static int hang(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    struct fixture *f = user;

    (void)run;
    (void)err;
    (void)pthread_mutex_lock(&f->lock);
    f->inside++;
    (void)pthread_cond_broadcast(&f->changed);
    while (!f->is_open)
        (void)pthread_cond_wait(&f->changed, &f->lock);
    f->inside--;
    (void)pthread_mutex_unlock(&f->lock);
    return MSVC_HEALTH_PASS;
}

static int be_quick(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    struct fixture *f = user;

    (void)run;
    (void)err;
    f->quick_runs++;
    return MSVC_HEALTH_PASS;
}

static void *run_checks(void *user)
{
    struct fixture *f = user;

    while (!f->must_end)
        (void)msvc_health_run_once(f->health, 10);
    return NULL;
}

static void wait_for_inside(struct fixture *f, int count)
{
    (void)pthread_mutex_lock(&f->lock);
    while (f->inside < count)
        (void)pthread_cond_wait(&f->changed, &f->lock);
    (void)pthread_mutex_unlock(&f->lock);
}

static void open_door(struct fixture *f)
{
    (void)pthread_mutex_lock(&f->lock);
    f->is_open = true;
    (void)pthread_cond_broadcast(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
}

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    (void)pthread_mutex_init(&f.lock, NULL);
    (void)pthread_cond_init(&f.changed, NULL);
    assert_int_equal(msvc_health_new(&f.health, NULL), 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_health_free(f->health);
    (void)pthread_cond_destroy(&f->changed);
    (void)pthread_mutex_destroy(&f->lock);
    return 0;
}

#define ADD(f, ...) \
    assert_int_equal(msvc_health_add((f)->health, MSVC_HEALTH_CHECK(.user = (f), __VA_ARGS__)), 0)

static int probe(struct fixture *f, const char *path)
{
    struct msvc_health_answer answer;

    assert_int_equal(msvc_health_respond(f->health, path, "verbose", &answer), 0);
    msvc_buffer_clear(&answer.body);
    return answer.status;
}

/* The door opens only when every probe was answered: one that waits hangs here for ever. */
static void answers_every_probe_while_every_check_hangs(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[2];

    ADD(f, .name = "database", .run = hang, .is_critical = true, .timeout_ms = 3600000);
    ADD(f, .name = "bus", .run = hang, .is_startup = true, .is_liveness = true,
        .timeout_ms = 3600000);
    msvc_health_set_ready(f->health, true);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_checks, f), 0);
    wait_for_inside(f, 2);
    assert_int_equal(probe(f, "/health"), 503);
    assert_int_equal(probe(f, "/readyz"), 503);
    assert_int_equal(probe(f, "/livez"), 200);
    assert_int_equal(probe(f, "/startupz"), 503);
    assert_int_equal(msvc_health_state(f->health), MSVC_HEALTH_FAIL);
    f->must_end = true;
    open_door(f);
    for (int i = 0; i < 2; i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(probe(f, "/readyz"), 200);
}

/* Again and again, though both threads began with the check that hangs being due. */
static void runs_other_checks_on_another_thread_while_one_hangs(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[2];

    ADD(f, .name = "stuck", .run = hang, .interval_ms = 1);
    ADD(f, .name = "quick", .run = be_quick, .interval_ms = 1);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_checks, f), 0);
    wait_for_inside(f, 1);
    for (int before = f->quick_runs; f->quick_runs < before + 3;)
        (void)sched_yield();
    (void)pthread_mutex_lock(&f->lock);
    assert_int_equal(f->inside, 1); /* one check runs on one thread at a time */
    (void)pthread_mutex_unlock(&f->lock);
    f->must_end = true;
    open_door(f);
    for (int i = 0; i < 2; i++)
        (void)pthread_join(threads[i], NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(answers_every_probe_while_every_check_hangs),
        TEST(runs_other_checks_on_another_thread_while_one_hangs),
    };

    return cmocka_run_group_tests_name("health_threads", tests, NULL, NULL);
}
