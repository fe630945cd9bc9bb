/* SPDX-License-Identifier: MIT */
#include "store_suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <msvc/driver/store.h>
#include <msvc/error.h>
#include <msvc/inbox.h>
#include <msvc/message.h>
#include <msvc/outbox.h>
#include <msvc/status.h>
#include <msvc/store.h>

#include "test.h"

static const struct store_subject *subject;

struct fixture {
    char url[STORE_URL_SIZE];
    struct msvc_store *store;
    struct msvc_tx *tx; /* rolled back at the end if it is still there */
    struct msvc_error err;
};

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    *state = &f;
    if (subject->create(f.url) != 0)
        return -1;
    if (msvc_store_open(&f.store, f.url, MSVC_STORE_DRIVERS(subject->driver), NULL, &f.err) < 0)
        return -1;
    return msvc_outbox_migrate(f.store, &f.err);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_tx_rollback(f->tx);
    msvc_store_close(f->store);
    return subject->destroy(f->url);
}

static void begin(struct fixture *f)
{
    assert_int_equal(msvc_tx_begin(&f->tx, f->store, NULL, &f->err), 0);
}

static void commit(struct fixture *f)
{
    struct msvc_tx *tx = f->tx;

    f->tx = NULL;
    assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
}

static void rollback(struct fixture *f)
{
    msvc_tx_rollback(f->tx);
    f->tx = NULL;
}

static int accept_in(struct msvc_tx *tx, const char *consumer, const char *source, const char *id)
{
    return msvc_inbox_accept(tx, consumer, MSVC_MESSAGE(.type = "a", .source = source, .id = id),
                             NULL);
}

static int accept_once(struct fixture *f, const char *consumer, const char *source, const char *id)
{
    int status;

    begin(f);
    status = accept_in(f->tx, consumer, source, id);
    commit(f);
    return status;
}

static void accepts_a_message_once(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(accept_once(f, "stock", "/orders", "1"), 0);
    assert_int_equal(accept_once(f, "stock", "/orders", "1"), MSVC_ERR_EXISTS);
    assert_int_equal(accept_once(f, "stock", "/orders", "2"), 0);
}

static void accepts_once_for_each_consumer_and_source(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(accept_once(f, "stock", "/orders", "1"), 0);
    assert_int_equal(accept_once(f, "mail", "/orders", "1"), 0);
    assert_int_equal(accept_once(f, "stock", "/payments", "1"), 0);
}

static void leaves_the_transaction_usable_after_a_duplicate(void **state)
{
    struct fixture *f = *state;

    begin(f);
    assert_int_equal(accept_in(f->tx, "stock", "/orders", "1"), 0);
    assert_int_equal(accept_in(f->tx, "stock", "/orders", "1"), MSVC_ERR_EXISTS);
    assert_int_equal(accept_in(f->tx, "stock", "/orders", "2"), 0);
    commit(f);
    assert_int_equal(accept_once(f, "stock", "/orders", "2"), MSVC_ERR_EXISTS);
}

static void forgets_what_was_rolled_back(void **state)
{
    struct fixture *f = *state;

    begin(f);
    assert_int_equal(accept_in(f->tx, "stock", "/orders", "1"), 0);
    rollback(f);
    assert_int_equal(accept_once(f, "stock", "/orders", "1"), 0);
}

static void takes_a_message_without_source_as_one_of_its_own_source(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(accept_once(f, "stock", NULL, "1"), 0);
    assert_int_equal(accept_once(f, "stock", NULL, "1"), MSVC_ERR_EXISTS);
}

static void refuses_a_message_without_id(void **state)
{
    struct fixture *f = *state;

    begin(f);
    assert_int_equal(accept_in(f->tx, "stock", "/orders", NULL), MSVC_ERR_INVALID);
}

struct rival {
    struct msvc_store *store;
    _Atomic bool is_done;
    int status;
};

static int accept_rival(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct rival *r = user;

    (void)err;
    r->status = accept_in(tx, "stock", "/orders", "1");
    return r->status == MSVC_ERR_EXISTS ? 0 : r->status;
}

static void *run_rival(void *user)
{
    struct rival *r = user;

    if (msvc_store_transact(r->store, NULL, accept_rival, r, NULL) < 0)
        r->status = MSVC_ERR_INTERNAL;
    atomic_store(&r->is_done, true);
    return NULL;
}

/* The rival waits for the first; what it sees then depends on how that one ends. */
static int compete(struct fixture *f, void (*end)(struct fixture *f))
{
    struct rival rival = { f->store, false, 0 };
    pthread_t thread;
    bool was_early;

    begin(f);
    assert_int_equal(accept_in(f->tx, "stock", "/orders", "1"), 0);
    assert_int_equal(pthread_create(&thread, NULL, run_rival, &rival), 0);
    was_early = atomic_load(&rival.is_done);
    end(f);
    (void)pthread_join(thread, NULL);
    assert_false(was_early);
    return rival.status;
}

static void a_concurrent_duplicate_waits_and_is_one(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(compete(f, commit), MSVC_ERR_EXISTS);
}

static void a_concurrent_duplicate_of_what_rolls_back_is_the_first(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(compete(f, rollback), 0);
}

static void prunes_what_is_old(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(accept_once(f, "stock", "/orders", "1"), 0);
    assert_int_equal(msvc_inbox_prune(f->store, 3600000, &f->err), 0);
    assert_int_equal(accept_once(f, "stock", "/orders", "1"), MSVC_ERR_EXISTS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int inbox_suite(const struct store_subject *given)
{
    const struct CMUnitTest tests[] = {
        TEST(accepts_a_message_once),
        TEST(accepts_once_for_each_consumer_and_source),
        TEST(leaves_the_transaction_usable_after_a_duplicate),
        TEST(forgets_what_was_rolled_back),
        TEST(takes_a_message_without_source_as_one_of_its_own_source),
        TEST(refuses_a_message_without_id),
        TEST(a_concurrent_duplicate_waits_and_is_one),
        TEST(a_concurrent_duplicate_of_what_rolls_back_is_the_first),
        TEST(prunes_what_is_old),
    };

    subject = given;
    return cmocka_run_group_tests_name("inbox conformance", tests, NULL, NULL);
}
