/* SPDX-License-Identifier: MIT */
#include <msvc/trace.h>

#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "fake_clock.h"
#include "fake_exporter.h"
#include "test.h"

struct fixture {
    struct fake_clock clock;
    struct fake_exporter exporter;
    struct msvc_tracer *tracer;
    struct msvc_tracer_counts counts;
};

static void make_tracer(struct fixture *f, struct msvc_tracer_options options)
{
    struct msvc_span_exporter *exporters[] = { &f->exporter.exporter, NULL };

    msvc_tracer_free(f->tracer);
    options.size = sizeof(options);
    if (options.exporters == NULL)
        options.exporters = exporters;
    options.clock = &f->clock.clock;
    assert_int_equal(msvc_tracer_new(&f->tracer, &options), 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    fake_clock_init(&f->clock);
    fake_exporter_init(&f->exporter);
    make_tracer(f, (struct msvc_tracer_options){ .queue_limit = 4, .batch_limit = 2 });
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_tracer_free(f->tracer);
    free(f);
    return 0;
}

static void make_spans(struct fixture *f, int count)
{
    for (int i = 0; i < count; i++)
        msvc_span_end(msvc_span_start(f->tracer, "a", NULL));
}

static const struct msvc_tracer_counts *counted(struct fixture *f)
{
    const struct msvc_tracer_counts *c = &f->counts;

    msvc_tracer_counts(&f->counts, f->tracer);
    assert_int_equal(c->started, c->exported + c->rejected + c->dropped_full + c->dropped_export +
                                     c->live + c->queued);
    return c;
}

static bool is_readable(int fd)
{
    struct pollfd readable = { .fd = fd, .events = POLLIN };

    return poll(&readable, 1, 0) == 1;
}

static void exports_nothing_before_it_is_due(void **state)
{
    struct fixture *f = *state;

    make_spans(f, 1);
    assert_int_equal(msvc_tracer_run_once(f->tracer, 0, NULL), 0);
    fake_clock_advance_ms(&f->clock, 4999);
    assert_int_equal(msvc_tracer_timeout_ms(f->tracer), 1);
    assert_int_equal(msvc_tracer_run_once(f->tracer, 0, NULL), 0);
    assert_int_equal(f->exporter.calls, 0);
    assert_int_equal(counted(f)->queued, 1);
}

static void exports_when_the_oldest_has_waited_long_enough(void **state)
{
    struct fixture *f = *state;

    make_spans(f, 1);
    fake_clock_advance_ms(&f->clock, 5000);
    assert_int_equal(msvc_tracer_timeout_ms(f->tracer), 0);
    assert_int_equal(msvc_tracer_run_once(f->tracer, 0, NULL), 1);
    assert_int_equal(counted(f)->exported, 1);
    assert_int_equal(msvc_tracer_timeout_ms(f->tracer), -1);
}

static void exports_a_full_batch_at_once(void **state)
{
    struct fixture *f = *state;

    make_spans(f, 3);
    assert_int_equal(msvc_tracer_timeout_ms(f->tracer), 0);
    assert_int_equal(msvc_tracer_run_once(f->tracer, -1, NULL), 2);
    assert_int_equal(msvc_tracer_run_once(f->tracer, 0, NULL), 0);
    assert_int_equal(counted(f)->queued, 1);
}

static void exports_in_the_order_of_ending(void **state)
{
    struct fixture *f = *state;
    struct msvc_span *outer = msvc_span_start(f->tracer, "outer", NULL);

    msvc_span_end(msvc_span_start(f->tracer, "inner", NULL));
    msvc_span_end(outer);
    assert_int_equal(msvc_tracer_flush(f->tracer, -1, NULL), 0);
    assert_string_equal(f->exporter.names[0], "inner");
    assert_string_equal(f->exporter.names[1], "outer");
}

static void wakes_the_pump_for_the_first_span_and_for_a_full_batch(void **state)
{
    struct fixture *f = *state;
    int fd = msvc_tracer_fd(f->tracer);

    assert_false(is_readable(fd));
    make_spans(f, 1);
    assert_true(is_readable(fd));
    assert_int_equal(msvc_tracer_run_once(f->tracer, 0, NULL), 0);
    assert_false(is_readable(fd));
    make_spans(f, 1);
    assert_true(is_readable(fd));
    assert_int_equal(msvc_tracer_run_once(f->tracer, 0, NULL), 2);
    assert_false(is_readable(fd));
}

static void drops_and_counts_what_the_queue_cannot_hold(void **state)
{
    struct fixture *f = *state;

    make_spans(f, 10);
    assert_int_equal(counted(f)->queued, 4);
    assert_int_equal(f->counts.dropped_full, 6);
    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, NULL), 0);
    assert_int_equal(counted(f)->exported, 4);
    make_spans(f, 4);
    assert_int_equal(counted(f)->queued, 4);
}

static void works_with_a_queue_of_one(void **state)
{
    struct fixture *f = *state;

    make_tracer(f, (struct msvc_tracer_options){ .queue_limit = 1 });
    for (int i = 0; i < 3; i++) {
        make_spans(f, 2);
        assert_int_equal(msvc_tracer_run_once(f->tracer, 0, NULL), 1);
    }
    assert_int_equal(counted(f)->exported, 3);
    assert_int_equal(f->counts.dropped_full, 3);
}

static void counts_a_batch_that_failed_as_dropped(void **state)
{
    struct fixture *f = *state;
    struct msvc_error err;

    f->exporter.status = MSVC_ERR_UNAVAILABLE;
    make_spans(f, 3);
    assert_int_equal(msvc_tracer_run_once(f->tracer, 0, NULL), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, &err), MSVC_ERR_UNAVAILABLE);
    assert_string_equal(err.message, "told to");
    assert_int_equal(counted(f)->dropped_export, 3);
    assert_int_equal(f->counts.queued, 0);
}

static void counts_what_the_peer_rejected(void **state)
{
    struct fixture *f = *state;

    f->exporter.rejected = 1;
    make_spans(f, 2);
    assert_int_equal(msvc_tracer_run_once(f->tracer, 0, NULL), 2);
    assert_int_equal(counted(f)->rejected, 1);
    assert_int_equal(f->counts.exported, 1);
}

static void never_counts_more_rejected_than_sent(void **state)
{
    struct fixture *f = *state;

    f->exporter.rejected = 99;
    make_spans(f, 2);
    assert_int_equal(msvc_tracer_run_once(f->tracer, 0, NULL), 2);
    assert_int_equal(counted(f)->rejected, 2);
}

static void gives_every_exporter_every_batch(void **state)
{
    struct fixture *f = *state;
    struct fake_exporter second;
    struct msvc_span_exporter *both[] = { &f->exporter.exporter, &second.exporter, NULL };

    fake_exporter_init(&second);
    make_tracer(f, (struct msvc_tracer_options){ .exporters = both });
    f->exporter.status = MSVC_ERR_REFUSED;
    make_spans(f, 1);
    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, NULL), MSVC_ERR_REFUSED);
    assert_int_equal(second.span_count, 1);
    assert_int_equal(counted(f)->dropped_export, 1);
    msvc_tracer_free(f->tracer);
    f->tracer = NULL;
    assert_int_equal(second.freed, 1);
}

static void gives_an_export_its_timeout_and_a_flush_its_deadline(void **state)
{
    struct fixture *f = *state;

    make_tracer(f, (struct msvc_tracer_options){ .export_timeout_ms = 100 });
    make_spans(f, 1);
    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, NULL), 0);
    assert_int_equal(f->exporter.deadline_ns, f->clock.monotonic_ns + 100000000);
    make_spans(f, 1);
    assert_int_equal(msvc_tracer_flush(f->tracer, 10, NULL), 0);
    assert_int_equal(f->exporter.deadline_ns, f->clock.monotonic_ns + 10000000);
}

static void lose_time(const struct msvc_span_batch *batch, void *user)
{
    (void)batch;
    fake_clock_advance_ms(user, 600);
}

static void stops_a_flush_at_its_deadline(void **state)
{
    struct fixture *f = *state;
    struct msvc_error err;

    f->exporter.look = lose_time;
    f->exporter.user = &f->clock;
    make_tracer(f, (struct msvc_tracer_options){ .queue_limit = 8, .batch_limit = 1 });
    make_spans(f, 8);
    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, &err), MSVC_ERR_TIMEOUT);
    assert_string_equal(err.message, "spans were left to export after 1000 ms");
    assert_int_equal(counted(f)->exported, 2);
    assert_int_equal(f->counts.queued, 6);
}

static void frees_its_exporters(void **state)
{
    struct fixture *f = *state;

    make_spans(f, 1);
    msvc_tracer_free(f->tracer);
    f->tracer = NULL;
    assert_int_equal(f->exporter.freed, 1);
    assert_int_equal(f->exporter.calls, 0);
}

static void refuses_wrong_options(void **state)
{
    struct msvc_tracer *tracer = NULL;
    struct {
        struct msvc_tracer_options options;
        int newer;
    } grown = { { .size = sizeof(grown) }, 1 };

    (void)state;
    assert_int_equal(msvc_tracer_new(NULL, NULL), MSVC_ERR_INVALID);
    assert_int_equal(msvc_tracer_new(&tracer, MSVC_TRACER_OPTIONS(.ratio = 1.5)), MSVC_ERR_INVALID);
    assert_int_equal(msvc_tracer_new(&tracer, MSVC_TRACER_OPTIONS(.ratio = (double)NAN)),
                     MSVC_ERR_INVALID);
    assert_int_equal(msvc_tracer_new(&tracer, MSVC_TRACER_OPTIONS(.sampler = (enum msvc_sampler)9)),
                     MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_tracer_new(&tracer, MSVC_TRACER_OPTIONS(.queue_limit = 4, .batch_limit = 5)),
        MSVC_ERR_INVALID);
    assert_int_equal(msvc_tracer_new(&tracer, MSVC_TRACER_OPTIONS(.live_limit = 1000001)),
                     MSVC_ERR_LIMIT);
    assert_int_equal(msvc_tracer_new(&tracer, &grown.options), MSVC_ERR_UNSUPPORTED);
    assert_null(tracer);
}

static void survives_every_failing_allocation_and_leaves_exporters_alone(void **state)
{
    struct fixture *f = *state;
    struct msvc_span_exporter *exporters[] = { &f->exporter.exporter, NULL };
    struct msvc_tracer *tracer = NULL;
    int status = MSVC_ERR_NOMEM;

    for (long i = 0; status == MSVC_ERR_NOMEM; i++) {
        assert_null(tracer);
        assert_int_equal(f->exporter.freed, 0);
        msvc__fail_allocation_after(i);
        status = msvc_tracer_new(
            &tracer, MSVC_TRACER_OPTIONS(.exporters = exporters, .service_name = "a",
                                         .resource = MSVC_ATTRIBUTES(MSVC_STR("zone", "b"))));
        msvc__fail_allocation_after(-1);
        assert_true(i < 50);
    }
    assert_int_equal(status, 0);
    msvc_tracer_free(tracer);
    fake_exporter_init(&f->exporter);
}

static void allocates_nothing_to_record(void **state)
{
    struct fixture *f = *state;

    msvc__fail_allocation_after(0);
    make_spans(f, 2);
    assert_int_equal(msvc_tracer_run_once(f->tracer, 0, NULL), 2);
    assert_null(msvc__new(1)); /* the failure was still to come */
    msvc__fail_allocation_after(-1);
}

/* Run in a child of fork(); its result is the exit status. */
static void assert_in_child(struct fixture *f, int (*run)(struct fixture *f))
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0)
        _exit(run(f));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int export_two_of_its_own(struct fixture *f)
{
    make_spans(f, 2);
    if (msvc_tracer_flush(f->tracer, 1000, NULL) != 0 || f->exporter.span_count != 2)
        return 1;
    msvc_tracer_counts(&f->counts, f->tracer);
    return f->counts.started == 2 && f->counts.exported == 2 && f->counts.queued == 0 ? 0 : 2;
}

static void leaves_what_is_queued_to_the_parent(void **state)
{
    struct fixture *f = *state;

    make_spans(f, 3);
    assert_in_child(f, export_two_of_its_own);
    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, NULL), 0);
    assert_int_equal(counted(f)->exported, 3);
}

static struct msvc_span *inherited;

static int end_the_parents_span(struct fixture *f)
{
    msvc_span_set(inherited, MSVC_ATTRIBUTES(MSVC_I64("a", 1)));
    msvc_span_end(inherited);
    return export_two_of_its_own(f);
}

static void leaves_what_is_open_to_the_parent(void **state)
{
    struct fixture *f = *state;

    inherited = msvc_span_start(f->tracer, "parent", NULL);
    assert_in_child(f, end_the_parents_span);
    assert_int_equal(counted(f)->live, 1);
    msvc_span_end(inherited);
    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, NULL), 0);
    assert_string_equal(f->exporter.names[0], "parent");
}

static int wake_only_itself(struct fixture *f)
{
    int fd = msvc_tracer_fd(f->tracer);

    make_spans(f, 1);
    return is_readable(fd) ? 0 : 1;
}

static void does_not_wake_the_parent_from_a_child(void **state)
{
    struct fixture *f = *state;

    assert_in_child(f, wake_only_itself);
    assert_false(is_readable(msvc_tracer_fd(f->tracer)));
}

static struct msvc_trace_context of_parent;

static int make_other_ids(struct fixture *f)
{
    struct msvc_span *span = msvc_span_start(f->tracer, "a", NULL);

    return memcmp(msvc_span_context(span)->trace_id, of_parent.trace_id, 16) != 0 ? 0 : 1;
}

static int record_its_counts(struct fixture *f)
{
    msvc_tracer_counts(&f->counts, f->tracer);
    return f->counts.started == 0 && f->counts.unrecorded == 0 ? 0 : 1;
}

static void makes_other_ids_and_counts_from_zero_in_a_child(void **state)
{
    struct fixture *f = *state;
    struct msvc_span *span;

    make_spans(f, 2);
    assert_in_child(f, record_its_counts);
    assert_in_child(f, make_other_ids); /* both would be third */
    span = msvc_span_start(f->tracer, "a", NULL);
    of_parent = *msvc_span_context(span);
    msvc_span_end(span);
    assert_in_child(f, make_other_ids);
}

#define THREADS          4
#define SPANS_PER_THREAD 20000

static void *record(void *argument)
{
    struct msvc_tracer *tracer = argument;

    for (int i = 0; i < SPANS_PER_THREAD; i++) {
        struct msvc_span *span = msvc_span_start(tracer, "a", NULL);

        msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_I64("i", i), MSVC_STR("s", "text")));
        msvc_span_end(span);
    }
    return NULL;
}

struct pump {
    struct msvc_tracer *tracer;
    _Atomic bool stop;
};

static void *pump(void *argument)
{
    struct pump *p = argument;

    while (!p->stop)
        (void)msvc_tracer_run_once(p->tracer, 1, NULL);
    return NULL;
}

static void accounts_for_every_span_of_many_threads(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[THREADS];
    pthread_t pumping;
    struct pump p = { 0 };

    make_tracer(f, (struct msvc_tracer_options){ .queue_limit = 64, .batch_limit = 16 });
    p.tracer = f->tracer;
    assert_int_equal(pthread_create(&pumping, NULL, pump, &p), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, record, f->tracer), 0);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(msvc_tracer_flush(f->tracer, 10000, NULL), 0);
    p.stop = true;
    (void)pthread_join(pumping, NULL);
    assert_int_equal(counted(f)->started + f->counts.unrecorded, THREADS * SPANS_PER_THREAD);
    assert_int_equal(f->counts.unrecorded, 0);
    assert_int_equal(f->counts.live, 0);
    assert_int_equal(f->counts.queued, 0);
    assert_int_equal(f->counts.exported, f->exporter.span_count);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(exports_nothing_before_it_is_due),
        WITH_FIXTURE(exports_when_the_oldest_has_waited_long_enough),
        WITH_FIXTURE(exports_a_full_batch_at_once),
        WITH_FIXTURE(exports_in_the_order_of_ending),
        WITH_FIXTURE(wakes_the_pump_for_the_first_span_and_for_a_full_batch),
        WITH_FIXTURE(drops_and_counts_what_the_queue_cannot_hold),
        WITH_FIXTURE(works_with_a_queue_of_one),
        WITH_FIXTURE(counts_a_batch_that_failed_as_dropped),
        WITH_FIXTURE(counts_what_the_peer_rejected),
        WITH_FIXTURE(never_counts_more_rejected_than_sent),
        WITH_FIXTURE(gives_every_exporter_every_batch),
        WITH_FIXTURE(gives_an_export_its_timeout_and_a_flush_its_deadline),
        WITH_FIXTURE(stops_a_flush_at_its_deadline),
        WITH_FIXTURE(frees_its_exporters),
        cmocka_unit_test(refuses_wrong_options),
        WITH_FIXTURE(survives_every_failing_allocation_and_leaves_exporters_alone),
        WITH_FIXTURE(allocates_nothing_to_record),
        WITH_FIXTURE(leaves_what_is_queued_to_the_parent),
        WITH_FIXTURE(leaves_what_is_open_to_the_parent),
        WITH_FIXTURE(does_not_wake_the_parent_from_a_child),
        WITH_FIXTURE(makes_other_ids_and_counts_from_zero_in_a_child),
        WITH_FIXTURE(accounts_for_every_span_of_many_threads),
    };

    return cmocka_run_group_tests_name("tracer", tests, NULL, NULL);
}
