/* SPDX-License-Identifier: MIT */
/* The pool and the rules of transactions, over a driver that only keeps books. */
#include <msvc/store.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/driver/store.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/os_internal.h"
#include "store/wake_internal.h"

#include "test.h"

struct fake_connection {
    bool is_broken;
};

/* What the driver saw, and what it is to answer. */
static struct script {
    int opened, closed, abandoned, begun, committed, rolled_back, executed;
    int connect_status, begin_status, commit_status, exec_status;
    unsigned conflicts; /* commits that lose a race before one wins */
    bool breaks;        /* whatever fails breaks the connection */
} seen;

static int fake_check(const struct msvc_store_target *target, struct msvc_error *err)
{
    (void)target;
    (void)err;
    return 0;
}

static int fake_connect(void **out, const struct msvc_store_target *target, uint64_t deadline_ns,
                        struct msvc_error *err)
{
    (void)target;
    (void)deadline_ns;
    if (seen.connect_status < 0)
        return msvc_error_set(err, seen.connect_status, "fake", 0, "no database here");
    *out = calloc(1, sizeof(struct fake_connection));
    seen.opened++;
    return 0;
}

static void fake_disconnect(void *connection)
{
    seen.closed++;
    free(connection);
}

static void fake_abandon(void *connection)
{
    seen.abandoned++;
    free(connection);
}

static bool fake_is_usable(void *connection)
{
    struct fake_connection *c = connection;

    return !c->is_broken;
}

static int answer(void *connection, int status)
{
    struct fake_connection *c = connection;

    if (status < 0 && seen.breaks)
        c->is_broken = true;
    return status;
}

static int fake_begin(void *connection, const struct msvc_tx_options *options,
                      struct msvc_error *err)
{
    int status = seen.begin_status;

    (void)options;
    (void)err;
    seen.begun++;
    seen.begin_status = 0;
    return answer(connection, status);
}

static int fake_commit(void *connection, struct msvc_error *err)
{
    (void)err;
    seen.committed++;
    if (seen.conflicts > 0) {
        seen.conflicts--;
        return MSVC_ERR_CONFLICT;
    }
    return answer(connection, seen.commit_status);
}

static int fake_rollback(void *connection, struct msvc_error *err)
{
    (void)connection;
    (void)err;
    seen.rolled_back++;
    return 0;
}

static int fake_exec(void *connection, const char *sql, const struct msvc_value *values,
                     size_t value_count, uint64_t deadline_ns, struct msvc_error *err)
{
    (void)sql;
    (void)values;
    (void)deadline_ns;
    (void)err;
    seen.executed++;
    return seen.exec_status < 0 ? answer(connection, seen.exec_status) : (int)value_count;
}

static const char *const schemes[] = { "fake", NULL };
static const struct msvc_store_driver driver = {
    .size = sizeof(driver),
    .schemes = schemes,
    .dialect = "fake",
    .check = fake_check,
    .connect = fake_connect,
    .disconnect = fake_disconnect,
    .abandon = fake_abandon,
    .is_usable = fake_is_usable,
    .begin = fake_begin,
    .commit = fake_commit,
    .rollback = fake_rollback,
    .exec = fake_exec,
};

struct fixture {
    struct msvc_store *store;
    struct msvc_error err;
};

static int setup(void **state)
{
    static struct fixture f;

    memset(&seen, 0, sizeof(seen));
    *state = &f;
    return msvc_store_open(&f.store, "fake:db", MSVC_STORE_DRIVERS(&driver),
                           MSVC_STORE_OPTIONS(.connection_limit = 2, .timeout_ms = 50), &f.err);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc__fail_allocation_after(-1);
    msvc_store_close(f->store);
    return 0;
}

static struct msvc_tx *begin(struct fixture *f)
{
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    return tx;
}

static void opens_no_connection_before_a_transaction_wants_one(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(seen.opened, 0);
    msvc_tx_rollback(begin(f));
    assert_int_equal(seen.opened, 1);
}

static void uses_a_connection_again(void **state)
{
    struct fixture *f = *state;

    msvc_tx_rollback(begin(f));
    assert_int_equal(msvc_tx_commit(begin(f), &f->err), 0);
    assert_int_equal(seen.opened, 1);
    assert_int_equal(seen.closed, 0);
}

static void waits_no_longer_than_the_timeout_for_a_connection(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *first = begin(f);
    struct msvc_tx *second = begin(f);
    struct msvc_tx *third = NULL;

    assert_int_equal(msvc_tx_begin(&third, f->store, NULL, &f->err), MSVC_ERR_UNAVAILABLE);
    assert_null(third);
    assert_int_equal(seen.opened, 2);
    msvc_tx_rollback(first);
    msvc_tx_rollback(second);
}

static void stops_waiting_when_cancelled(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *first = begin(f);
    struct msvc_tx *second = begin(f);
    struct msvc_tx *third;
    struct msvc_cancel *cancel;

    assert_int_equal(msvc_cancel_new(&cancel), 0);
    msvc_cancel_request(cancel);
    assert_int_equal(msvc_tx_begin(&third, f->store, MSVC_TX_OPTIONS(.cancel = cancel), &f->err),
                     MSVC_ERR_CANCELLED);
    msvc_cancel_free(cancel);
    msvc_tx_rollback(first);
    msvc_tx_rollback(second);
}

static void *rollback_in_a_thread(void *user)
{
    msvc_tx_rollback(user);
    return NULL;
}

static void gives_a_returned_connection_to_who_waits(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *first = begin(f);
    struct msvc_tx *second = begin(f);
    struct msvc_tx *third;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, rollback_in_a_thread, first), 0);
    assert_int_equal(msvc_tx_begin(&third, f->store,
                                   MSVC_TX_OPTIONS(.deadline_ns = msvc_deadline_in(NULL, 60000)),
                                   &f->err),
                     0);
    (void)pthread_join(thread, NULL);
    assert_int_equal(seen.opened, 2);
    msvc_tx_rollback(second);
    msvc_tx_rollback(third);
}

static void works_no_longer_than_the_threads_deadline(void **state)
{
    struct fixture *f = *state;
    uint64_t previous = msvc_deadline_enter(1); /* it passed long ago */
    struct msvc_tx *tx;
    int status = msvc_tx_begin(&tx, f->store, NULL, &f->err);

    if (status == 0) {
        status = msvc_tx_exec(tx, "UPDATE a SET b = 1", NULL, &f->err);
        msvc_tx_rollback(tx);
    }
    msvc_deadline_leave(previous);
    assert_int_equal(status, MSVC_ERR_TIMEOUT);
}

static void drops_a_broken_connection(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx = begin(f);

    seen.breaks = true;
    seen.exec_status = MSVC_ERR_UNAVAILABLE;
    assert_int_equal(msvc_tx_exec(tx, "x", NULL, &f->err), MSVC_ERR_UNAVAILABLE);
    msvc_tx_rollback(tx);
    assert_int_equal(seen.closed, 1);
    assert_int_equal(seen.rolled_back, 0);
}

static void replaces_a_connection_that_died_while_idle(void **state)
{
    struct fixture *f = *state;

    msvc_tx_rollback(begin(f));
    seen.breaks = true;
    seen.begin_status = MSVC_ERR_UNAVAILABLE;
    msvc_tx_rollback(begin(f));
    assert_int_equal(seen.opened, 2);
    assert_int_equal(seen.closed, 1);
}

static void gives_up_when_a_new_connection_cannot_begin(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx;

    seen.breaks = true;
    seen.begin_status = MSVC_ERR_UNAVAILABLE;
    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(seen.closed, 1);
}

static void a_connect_that_fails_does_not_use_up_the_limit(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx;

    seen.connect_status = MSVC_ERR_UNAVAILABLE;
    for (int i = 0; i < 3; i++)
        assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), MSVC_ERR_UNAVAILABLE);
    assert_string_equal(f->err.message, "no database here");
    seen.connect_status = 0;
    msvc_tx_rollback(begin(f));
}

static void only_rolls_back_after_a_failed_statement(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx = begin(f);

    seen.exec_status = MSVC_ERR_EXISTS;
    assert_int_equal(msvc_tx_exec(tx, "x", NULL, &f->err), MSVC_ERR_EXISTS);
    seen.exec_status = 0;
    assert_int_equal(msvc_tx_exec(tx, "x", NULL, &f->err), MSVC_ERR_STATE);
    assert_int_equal(seen.executed, 1);
    assert_int_equal(msvc_tx_commit(tx, &f->err), MSVC_ERR_STATE);
    assert_int_equal(seen.committed, 0);
    assert_int_equal(seen.rolled_back, 1);
}

static void says_unknown_when_the_connection_breaks_in_commit(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx = begin(f);

    seen.breaks = true;
    seen.commit_status = MSVC_ERR_UNKNOWN;
    assert_int_equal(msvc_tx_commit(tx, &f->err), MSVC_ERR_UNKNOWN);
    assert_int_equal(seen.closed, 1);
}

static void counts_parameters(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx = begin(f);

    assert_int_equal(msvc_tx_exec(tx, "x", MSVC_VALUES(MSVC_INT(1), MSVC_NULL()), &f->err), 2);
    msvc_tx_rollback(tx);
}

static void refuses_more_parameters_than_the_limit(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx = begin(f);
    struct msvc_value values[66] = { { 0 } };

    for (int i = 0; i < 65; i++)
        values[i] = msvc_value_int(i);
    assert_int_equal(msvc_tx_exec(tx, "x", values, &f->err), MSVC_ERR_INVALID);
    assert_int_equal(seen.executed, 0);
    msvc_tx_rollback(tx);
}

static void looks_at_the_deadline_before_a_statement(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, MSVC_TX_OPTIONS(.deadline_ns = 1), &f->err), 0);
    assert_int_equal(msvc_tx_exec(tx, "x", NULL, &f->err), MSVC_ERR_TIMEOUT);
    assert_int_equal(seen.executed, 0);
    msvc_tx_rollback(tx);
}

static int count_runs(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    int *runs = user;

    (void)tx;
    (void)err;
    return ++*runs;
}

static void runs_again_after_a_conflict(void **state)
{
    struct fixture *f = *state;
    int runs = 0;

    seen.conflicts = 2;
    assert_int_equal(msvc_store_transact(f->store, NULL, count_runs, &runs, &f->err), 3);
    assert_int_equal(seen.rolled_back, 2);
}

static void gives_up_after_five_repeats(void **state)
{
    struct fixture *f = *state;
    int runs = 0;

    seen.conflicts = 100;
    assert_int_equal(msvc_store_transact(f->store, NULL, count_runs, &runs, &f->err),
                     MSVC_ERR_CONFLICT);
    assert_int_equal(runs, 6);
}

static int refuse(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    (void)tx;
    (void)user;
    return msvc_error_set(err, MSVC_ERR_REFUSED, "test", 0, "no");
}

static void rolls_back_when_the_function_fails(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_store_transact(f->store, NULL, refuse, NULL, &f->err), MSVC_ERR_REFUSED);
    assert_int_equal(seen.committed, 0);
    assert_int_equal(seen.rolled_back, 1);
}

static bool is_readable(int fd)
{
    uint64_t count;

    return read(fd, &count, sizeof(count)) == sizeof(count);
}

static void wakes_relays_only_after_a_commit_that_appended(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx = begin(f);
    int fd = msvc__wake_open();

    assert_int_equal(msvc__store_watch(f->store, fd), 0);
    msvc__tx_appended(tx);
    msvc_tx_rollback(tx);
    assert_int_equal(msvc_tx_commit(begin(f), &f->err), 0);
    assert_false(is_readable(fd));
    tx = begin(f);
    msvc__tx_appended(tx);
    assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
    assert_true(is_readable(fd));
    msvc__store_unwatch(f->store, fd);
    (void)close(fd);
}

static int try_in_child(struct fixture *f, struct msvc_tx *open)
{
    struct msvc_tx *tx;
    bool is_right = msvc_tx_begin(&tx, f->store, NULL, NULL) == MSVC_ERR_STATE &&
                    msvc_tx_exec(open, "x", NULL, NULL) == MSVC_ERR_STATE &&
                    msvc_tx_commit(open, NULL) == MSVC_ERR_STATE;

    msvc_store_close(f->store);
    return is_right && seen.closed == 0 && seen.abandoned == 2 ? 0 : 1;
}

static void answers_state_in_a_forked_child_and_abandons(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *first = begin(f);
    struct msvc_tx *second = begin(f);
    int exit_code = 1;
    pid_t child;

    msvc_tx_rollback(first);
    child = fork();
    if (child == 0)
        _exit(try_in_child(f, second));
    assert_int_equal(waitpid(child, &exit_code, 0), child);
    assert_int_equal(exit_code, 0);
    assert_int_equal(msvc_tx_commit(second, &f->err), 0);
}

static void ends_an_enlisted_transaction_without_touching_it(void **state)
{
    struct msvc_tx *tx;
    struct fake_connection *theirs = calloc(1, sizeof(*theirs));

    (void)state;
    assert_int_equal(msvc_tx_enlist(&tx, &driver, theirs, free), 0);
    assert_int_equal(msvc_tx_exec(tx, "x", NULL, NULL), 0);
    assert_int_equal(msvc_tx_commit(tx, NULL), MSVC_ERR_STATE);
    assert_int_equal(seen.committed + seen.rolled_back, 0);
}

static void names_the_scheme_that_no_driver_speaks(void **state)
{
    struct fixture *f = *state;
    struct msvc_store *store = NULL;

    assert_int_equal(
        msvc_store_open(&store, "oracle:x", MSVC_STORE_DRIVERS(&driver), NULL, &f->err),
        MSVC_ERR_UNSUPPORTED);
    assert_non_null(strstr(f->err.message, "oracle"));
    assert_null(store);
}

static void refuses_what_is_no_url(void **state)
{
    struct fixture *f = *state;
    struct msvc_store *store;

    assert_int_equal(msvc_store_open(&store, "no url", MSVC_STORE_DRIVERS(&driver), NULL, &f->err),
                     MSVC_ERR_MALFORMED);
}

static void refuses_null_objects(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, NULL, NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_tx_exec(NULL, "x", NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_tx_commit(NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_store_transact(f->store, NULL, NULL, NULL, NULL), MSVC_ERR_INVALID);
    msvc_tx_rollback(NULL);
    msvc_store_close(NULL);
}

static void survives_every_failed_allocation(void **state)
{
    struct fixture *f = *state;
    struct msvc_store *store;
    int status = MSVC_ERR_NOMEM;

    for (long successes = 0; status == MSVC_ERR_NOMEM; successes++) {
        store = NULL;
        msvc__fail_allocation_after(successes);
        status = msvc_store_open(&store, "fake:x", MSVC_STORE_DRIVERS(&driver), NULL, &f->err);
        msvc__fail_allocation_after(-1);
        msvc_store_close(store);
    }
    assert_int_equal(status, 0);
    assert_true(store != NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opens_no_connection_before_a_transaction_wants_one),
        TEST(uses_a_connection_again),
        TEST(waits_no_longer_than_the_timeout_for_a_connection),
        TEST(stops_waiting_when_cancelled),
        TEST(gives_a_returned_connection_to_who_waits),
        TEST(works_no_longer_than_the_threads_deadline),
        TEST(drops_a_broken_connection),
        TEST(replaces_a_connection_that_died_while_idle),
        TEST(gives_up_when_a_new_connection_cannot_begin),
        TEST(a_connect_that_fails_does_not_use_up_the_limit),
        TEST(only_rolls_back_after_a_failed_statement),
        TEST(says_unknown_when_the_connection_breaks_in_commit),
        TEST(counts_parameters),
        TEST(refuses_more_parameters_than_the_limit),
        TEST(looks_at_the_deadline_before_a_statement),
        TEST(runs_again_after_a_conflict),
        TEST(gives_up_after_five_repeats),
        TEST(rolls_back_when_the_function_fails),
        TEST(wakes_relays_only_after_a_commit_that_appended),
        TEST(answers_state_in_a_forked_child_and_abandons),
        TEST(ends_an_enlisted_transaction_without_touching_it),
        TEST(names_the_scheme_that_no_driver_speaks),
        TEST(refuses_what_is_no_url),
        TEST(refuses_null_objects),
        TEST(survives_every_failed_allocation),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
