/* SPDX-License-Identifier: MIT */
#include <msvc/breaker_registry.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <msvc/breaker.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "fake_clock.h"
#include "test.h"

struct fixture {
    struct fake_clock clock;
    struct msvc_breaker_registry *registry;
    unsigned configured;
    char visited[64];
};

static void make(struct fixture *f, unsigned max_count, msvc_breaker_configure_fn *configure)
{
    msvc_breaker_registry_free(f->registry);
    f->registry = NULL;
    assert_int_equal(
        msvc_breaker_registry_new(
            &f->registry,
            MSVC_BREAKER_REGISTRY_OPTIONS(.max_count = max_count, .idle_ms = 1000,
                                          .breaker = MSVC_BREAKER_OPTIONS(.open_ms = 5000,
                                                                          .clock = &f->clock.clock),
                                          .configure = configure, .user = f)),
        0);
}

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    fake_clock_init(&fixture.clock);
    make(&fixture, 3, NULL);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_breaker_registry_free(f->registry);
    return 0;
}

static struct msvc_breaker *get(struct fixture *f, const char *name)
{
    struct msvc_breaker *breaker;

    assert_int_equal(msvc_breaker_registry_get(f->registry, name, &breaker), 0);
    return breaker;
}

static void put(struct fixture *f, struct msvc_breaker *breaker)
{
    msvc_breaker_registry_put(f->registry, breaker, 0);
}

static void visit(struct fixture *f, const char *name)
{
    put(f, get(f, name));
}

static void fail_once(struct msvc_breaker *breaker)
{
    struct msvc_permit permit;

    assert_int_equal(msvc_breaker_begin(breaker, 0, &permit), 0);
    msvc_breaker_end(breaker, &permit, MSVC_OUTCOME_FAILURE, 0, 0);
}

/* A breaker that was made anew has forgotten. */
static bool is_remembered(struct fixture *f, const char *name)
{
    struct msvc_breaker_snapshot snapshot;
    struct msvc_breaker *breaker = get(f, name);

    msvc_breaker_snapshot(breaker, 0, &snapshot);
    put(f, breaker);
    return snapshot.calls > 0;
}

static void remember(struct fixture *f, const char *name)
{
    struct msvc_breaker *breaker = get(f, name);

    fail_once(breaker);
    put(f, breaker);
}

static void gives_everybody_the_same_breaker_of_a_name(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker *first = get(f, "a");
    struct msvc_breaker *other = get(f, "b");

    assert_ptr_equal(get(f, "a"), first);
    assert_ptr_not_equal(other, first);
    put(f, first);
    put(f, first);
    put(f, other);
    assert_ptr_equal(get(f, "a"), first);
    put(f, first);
    assert_int_equal(msvc_breaker_registry_count(f->registry), 2);
}

static void removes_the_longest_unheld_to_make_room(void **state)
{
    struct fixture *f = *state;

    remember(f, "a");
    remember(f, "b");
    remember(f, "c");
    visit(f, "a");
    visit(f, "d");
    assert_int_equal(msvc_breaker_registry_count(f->registry), 3);
    assert_true(is_remembered(f, "a"));
    assert_true(is_remembered(f, "c"));
    assert_false(is_remembered(f, "b"));
}

static void removes_none_that_is_held(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker *held[3] = { get(f, "a"), get(f, "b"), get(f, "c") };
    struct msvc_breaker *breaker = NULL;

    assert_int_equal(msvc_breaker_registry_get(f->registry, "d", &breaker), MSVC_ERR_LIMIT);
    assert_null(breaker);
    put(f, held[1]);
    visit(f, "d");
    assert_ptr_equal(get(f, "a"), held[0]);
    put(f, held[0]);
    put(f, held[0]);
    put(f, held[2]);
}

static void removes_none_that_is_open_or_was_set_by_hand(void **state)
{
    static const enum msvc_breaker_state states[] = { MSVC_BREAKER_OPEN, MSVC_BREAKER_DISABLED,
                                                      MSVC_BREAKER_HALF_OPEN };
    static const char *const names[] = { "a", "b", "c" };
    struct fixture *f = *state;
    struct msvc_breaker *breaker;

    for (int i = 0; i < 3; i++) {
        breaker = get(f, names[i]);
        assert_int_equal(msvc_breaker_set(breaker, states[i], 0), 0);
        put(f, breaker);
    }
    assert_int_equal(msvc_breaker_registry_get(f->registry, "d", &breaker), MSVC_ERR_LIMIT);
    breaker = get(f, "b");
    assert_int_equal(msvc_breaker_set(breaker, MSVC_BREAKER_CLOSED, 0), 0);
    put(f, breaker);
    visit(f, "d");
    assert_int_equal(msvc_breaker_registry_count(f->registry), 3);
}

static void sweeps_what_nobody_held_for_long(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker *held = get(f, "held");

    remember(f, "old");
    fake_clock_advance_ms(&f->clock, 600);
    remember(f, "young");
    fake_clock_advance_ms(&f->clock, 400);
    assert_int_equal(msvc_breaker_registry_sweep(f->registry, 0), 1);
    assert_true(is_remembered(f, "young"));
    put(f, held);
    assert_int_equal(msvc_breaker_registry_count(f->registry), 2);
}

static void sweeps_an_open_one_when_its_opening_is_over(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker *breaker = get(f, "a");

    assert_int_equal(msvc_breaker_set(breaker, MSVC_BREAKER_OPEN, 0), 0);
    put(f, breaker);
    fake_clock_advance_ms(&f->clock, 4999);
    assert_int_equal(msvc_breaker_registry_sweep(f->registry, 0), 0);
    fake_clock_advance_ms(&f->clock, 1);
    assert_int_equal(msvc_breaker_registry_sweep(f->registry, 0), 1);
}

static int configure_by_name(const char *name, struct msvc_breaker_options *options, void *user)
{
    struct fixture *f = user;

    f->configured++;
    if (strcmp(name, "nobody") == 0)
        return MSVC_ERR_REFUSED;
    assert_int_equal(options->open_ms, 5000);
    options->failure_streak = strcmp(name, "strict") == 0 ? 1 : 0;
    return 0;
}

static void lets_each_be_configured_by_its_name(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker *breaker = NULL;

    make(f, 3, configure_by_name);
    breaker = get(f, "strict");
    fail_once(breaker);
    assert_int_equal(msvc_breaker_state(breaker), MSVC_BREAKER_OPEN);
    put(f, breaker);
    breaker = get(f, "usual");
    fail_once(breaker);
    assert_int_equal(msvc_breaker_state(breaker), MSVC_BREAKER_CLOSED);
    put(f, breaker);
    visit(f, "usual");
    assert_int_equal(f->configured, 2);
    assert_int_equal(msvc_breaker_registry_get(f->registry, "nobody", &breaker), MSVC_ERR_REFUSED);
    assert_int_equal(msvc_breaker_registry_count(f->registry), 2);
}

/* Asks for another one inside: no lock is held. */
static void note_name(const char *name, struct msvc_breaker *breaker, void *user)
{
    struct fixture *f = user;

    (void)breaker;
    assert_int_equal(strlen(name), 1);
    f->visited[(unsigned char)name[0] % sizeof(f->visited)]++;
    visit(f, "a");
}

static void visits_each(void **state)
{
    struct fixture *f = *state;

    visit(f, "a");
    visit(f, "b");
    assert_int_equal(msvc_breaker_registry_each(f->registry, note_name, f), 0);
    assert_int_equal(f->visited['a' % 64], 1);
    assert_int_equal(f->visited['b' % 64], 1);
}

static void stays_within_its_bound_whatever_comes(void **state)
{
    struct fixture *f = *state;
    char name[32];

    make(f, 1000, NULL);
    for (unsigned i = 0; i < 50000; i++) {
        (void)snprintf(name, sizeof(name), "host-%u.example", i);
        visit(f, name);
        assert_true(msvc_breaker_registry_count(f->registry) <= 1000);
    }
    assert_true(msvc_breaker_registry_count(f->registry) > 900);
}

static void *ask_for_names(void *user)
{
    struct fixture *f = user;
    char name[8];

    for (unsigned i = 0; i < 5000; i++) {
        struct msvc_breaker *breaker;

        (void)snprintf(name, sizeof(name), "%u", i * 7 % 13);
        if (msvc_breaker_registry_get(f->registry, name, &breaker) < 0)
            continue;
        fail_once(breaker);
        assert_int_equal(msvc_breaker_set(breaker, MSVC_BREAKER_CLOSED, 0), 0);
        put(f, breaker);
        if (i % 500 == 0)
            (void)msvc_breaker_registry_sweep(f->registry, UINT64_C(1) << 50);
    }
    return NULL;
}

static void copes_with_many_threads(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];

    make(f, 8, NULL);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_for_names, f), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_in_range(msvc_breaker_registry_count(f->registry), 0, 8);
}

static void says_when_memory_is_short(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_registry *registry = NULL;
    struct msvc_breaker *breaker = NULL;

    for (long i = 0; i < 2; i++) {
        msvc__fail_allocation_after(i);
        assert_int_equal(msvc_breaker_registry_new(&registry, NULL), MSVC_ERR_NOMEM);
        msvc__fail_allocation_after(i);
        assert_int_equal(msvc_breaker_registry_get(f->registry, "a", &breaker), MSVC_ERR_NOMEM);
        msvc__fail_allocation_after(-1);
    }
    assert_null(registry);
    assert_null(breaker);
}

static void refuses_names_and_numbers_outside_of_their_range(void **state)
{
    struct fixture *f = *state;
    struct msvc_breaker_registry *registry = NULL;
    struct msvc_breaker *breaker = NULL;
    char name[MSVC_BREAKER_NAME_MAX + 2];

    memset(name, 'x', sizeof(name));
    name[MSVC_BREAKER_NAME_MAX + 1] = '\0';
    assert_int_equal(msvc_breaker_registry_get(f->registry, name, &breaker), MSVC_ERR_INVALID);
    assert_int_equal(msvc_breaker_registry_get(f->registry, "", &breaker), MSVC_ERR_INVALID);
    assert_int_equal(msvc_breaker_registry_get(f->registry, NULL, &breaker), MSVC_ERR_INVALID);
    assert_int_equal(msvc_breaker_registry_get(NULL, "a", &breaker), MSVC_ERR_INVALID);
    name[MSVC_BREAKER_NAME_MAX] = '\0';
    visit(f, name);
    assert_int_equal(
        msvc_breaker_registry_new(&registry, MSVC_BREAKER_REGISTRY_OPTIONS(.max_count = 1048577)),
        MSVC_ERR_INVALID);
    msvc_breaker_registry_put(NULL, NULL, 0);
    msvc_breaker_registry_free(NULL);
    assert_int_equal(msvc_breaker_registry_count(NULL), 0);
    assert_int_equal(msvc_breaker_registry_sweep(NULL, 0), 0);
    assert_int_equal(msvc_breaker_registry_each(NULL, note_name, NULL), MSVC_ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gives_everybody_the_same_breaker_of_a_name),
        TEST(removes_the_longest_unheld_to_make_room),
        TEST(removes_none_that_is_held),
        TEST(removes_none_that_is_open_or_was_set_by_hand),
        TEST(sweeps_what_nobody_held_for_long),
        TEST(sweeps_an_open_one_when_its_opening_is_over),
        TEST(lets_each_be_configured_by_its_name),
        TEST(visits_each),
        TEST(stays_within_its_bound_whatever_comes),
        TEST(copes_with_many_threads),
        TEST(says_when_memory_is_short),
        TEST(refuses_names_and_numbers_outside_of_their_range),
    };

    return cmocka_run_group_tests_name("breaker_registry", tests, NULL, NULL);
}
