/* SPDX-License-Identifier: MIT */
#include <msvc/trace.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "fake_clock.h"
#include "fake_exporter.h"
#include "fake_random.h"
#include "test.h"

#define REMOTE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

/* What the exporter saw of the last span, in the shape of a test. */
struct seen {
    struct msvc_span_data span;
    char name[300];
    char description[32];
    char text[4096];
    char event[32];
    int64_t event_ns[2];
    struct msvc_span_link_data link;
    char tracestate[32];
    char resource[400];
};

struct fixture {
    struct fake_clock clock;
    struct fake_random random;
    struct fake_exporter exporter;
    struct msvc_tracer *tracer;
    struct seen seen;
};

static void print(char *out, size_t size, const struct msvc_attribute *attributes, size_t count)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count && at < size; i++) {
        const struct msvc_attribute *a = &attributes[i];

        at += (size_t)(a->type == MSVC_ATTRIBUTE_STRING
                           ? snprintf(out + at, size - at, "%s=%s ", a->key, a->value.string.data)
                           : snprintf(out + at, size - at, "%s=%ld ", a->key,
                                      (long)a->value.integer));
    }
}

static void look(const struct msvc_span_batch *batch, void *user)
{
    struct seen *seen = user;
    const struct msvc_span_data *span = batch->spans[batch->span_count - 1];
    int i = 0;

    seen->span = *span;
    (void)snprintf(seen->name, sizeof(seen->name), "%s", span->name);
    (void)snprintf(seen->description, sizeof(seen->description), "%s", span->status_description);
    print(seen->text, sizeof(seen->text), span->attributes, span->attribute_count);
    print(seen->resource, sizeof(seen->resource), batch->resource, batch->resource_count);
    for (const struct msvc_span_event_data *e = span->events; e != NULL && i < 2; e = e->next, i++)
        seen->event_ns[i] = e->wall_ns;
    if (span->events != NULL)
        (void)snprintf(seen->event, sizeof(seen->event), "%s:%zu", span->events->name,
                       span->events->attribute_count);
    if (span->links != NULL) {
        seen->link = *span->links;
        (void)snprintf(seen->tracestate, sizeof(seen->tracestate), "%s", span->links->tracestate);
    }
}

static void make_tracer(struct fixture *f, struct msvc_tracer_options options)
{
    struct msvc_span_exporter *exporters[] = { &f->exporter.exporter, NULL };

    msvc_tracer_free(f->tracer);
    options.size = sizeof(options);
    options.exporters = exporters;
    options.clock = &f->clock.clock;
    options.random = &f->random.random;
    assert_int_equal(msvc_tracer_new(&f->tracer, &options), 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    fake_clock_init(&f->clock);
    fake_random_init(&f->random, 1);
    fake_exporter_init(&f->exporter);
    f->exporter.look = look;
    f->exporter.user = &f->seen;
    make_tracer(f, (struct msvc_tracer_options){ .service_name = "test" });
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

static struct msvc_trace_context remote(const char *traceparent, const char *tracestate)
{
    struct msvc_trace_context context;

    assert_int_equal(msvc_trace_context_parse(&context, traceparent, tracestate), 0);
    return context;
}

static const struct seen *end_and_look(struct fixture *f, struct msvc_span *span)
{
    msvc_span_end(span);
    assert_int_equal(msvc_tracer_flush(f->tracer, 1000, NULL), 0);
    return &f->seen;
}

static void starts_a_trace_with_random_ids(void **state)
{
    struct fixture *f = *state;
    struct msvc_span *a = msvc_span_start(f->tracer, "a", NULL);
    struct msvc_span *b = msvc_span_start(f->tracer, "b", NULL);

    assert_true(msvc_trace_context_is_valid(msvc_span_context(a)));
    assert_int_equal(msvc_span_context(a)->flags, MSVC_TRACE_SAMPLED | MSVC_TRACE_RANDOM);
    assert_memory_not_equal(msvc_span_context(a)->trace_id, msvc_span_context(b)->trace_id, 16);
    assert_memory_not_equal(msvc_span_context(a)->span_id, msvc_span_context(b)->span_id, 8);
    msvc_span_end(a);
    msvc_span_end(b);
}

static void continues_a_remote_trace(void **state)
{
    struct fixture *f = *state;
    struct msvc_trace_context parent = remote(REMOTE, "foo=1,bar=2");
    struct msvc_span *span = msvc_span_start(f->tracer, "a", MSVC_SPAN_OPTIONS(.parent = &parent));
    const struct seen *seen = end_and_look(f, span);

    assert_memory_equal(seen->span.context.trace_id, parent.trace_id, 16);
    assert_memory_equal(seen->span.parent_span_id, parent.span_id, 8);
    assert_memory_not_equal(seen->span.context.span_id, parent.span_id, 8);
    assert_true(seen->span.parent_is_remote);
    assert_false(seen->span.context.is_remote);
    assert_string_equal(seen->span.context.tracestate, "foo=1,bar=2");
    assert_int_equal(seen->span.context.flags, MSVC_TRACE_SAMPLED); /* nobody said random */
}

static void is_a_child_of_the_span_that_the_thread_entered(void **state)
{
    struct fixture *f = *state;
    struct msvc_span *outer = msvc_span_start(f->tracer, "outer", NULL);
    struct msvc_trace_context parent = *msvc_span_context(outer);
    struct msvc_span_scope scope;
    struct msvc_span *inner;

    msvc_span_enter(&scope, outer);
    assert_ptr_equal(msvc_trace_current(), msvc_span_context(outer));
    inner = msvc_span_start(f->tracer, "inner", NULL);
    msvc_span_leave(&scope);
    assert_null(msvc_trace_current());
    msvc_span_end(outer);
    (void)end_and_look(f, inner);
    assert_memory_equal(f->seen.span.parent_span_id, parent.span_id, 8);
    assert_false(f->seen.span.parent_is_remote);
}

static void starts_a_trace_below_a_parent_that_is_not_valid(void **state)
{
    static const struct msvc_trace_context nobody;
    static const uint8_t zeros[8];
    struct fixture *f = *state;
    struct msvc_trace_context current = remote(REMOTE, NULL);
    struct msvc_span_scope scope;

    msvc_trace_enter(&scope, &current);
    (void)end_and_look(f, msvc_span_start(f->tracer, "a", MSVC_SPAN_OPTIONS(.parent = &nobody)));
    msvc_span_leave(&scope);
    assert_memory_equal(f->seen.span.parent_span_id, zeros, 8);
    assert_memory_not_equal(f->seen.span.context.trace_id, current.trace_id, 16);
}

static void enters_nothing_for_null(void **state)
{
    struct msvc_trace_context current = remote(REMOTE, NULL);
    struct msvc_span_scope outer;
    struct msvc_span_scope inner;

    (void)state;
    msvc_trace_enter(&outer, &current);
    msvc_span_enter(&inner, NULL);
    assert_ptr_equal(msvc_trace_current(), &current);
    msvc_span_leave(&inner);
    assert_ptr_equal(msvc_trace_current(), &current);
    msvc_span_leave(&outer);
    assert_null(msvc_trace_current());
}

static void follows_the_parents_decision(void **state)
{
    struct fixture *f = *state;
    struct msvc_trace_context parent =
        remote("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02", NULL);
    struct msvc_span *span = msvc_span_start(f->tracer, "a", MSVC_SPAN_OPTIONS(.parent = &parent));
    struct msvc_tracer_counts counts;

    assert_false(msvc_span_is_recording(span));
    assert_int_equal(msvc_span_context(span)->flags, MSVC_TRACE_RANDOM);
    assert_memory_equal(msvc_span_context(span)->trace_id, parent.trace_id, 16);
    assert_memory_not_equal(msvc_span_context(span)->span_id, parent.span_id, 8);
    msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_I64("a", 1)));
    msvc_span_end(span);
    msvc_tracer_counts(&counts, f->tracer);
    assert_int_equal(counts.unrecorded, 1);
    assert_int_equal(counts.started, 0);
}

static void samples_no_root_when_always_off_but_follows_a_sampled_parent(void **state)
{
    struct fixture *f = *state;
    struct msvc_trace_context parent = remote(REMOTE, NULL);
    struct msvc_span *span;

    make_tracer(f, (struct msvc_tracer_options){ .sampler = MSVC_SAMPLER_ALWAYS_OFF });
    span = msvc_span_start(f->tracer, "a", NULL);
    assert_false(msvc_span_is_recording(span));
    assert_int_equal(msvc_span_context(span)->flags, MSVC_TRACE_RANDOM);
    msvc_span_end(span);
    span = msvc_span_start(f->tracer, "a", MSVC_SPAN_OPTIONS(.parent = &parent));
    assert_true(msvc_span_is_recording(span));
    msvc_span_end(span);
}

static void asks_the_sampler_for_every_span_when_told_to_ignore_parents(void **state)
{
    struct fixture *f = *state;
    struct msvc_trace_context parent = remote(REMOTE, NULL);
    struct msvc_span *span;

    make_tracer(f, (struct msvc_tracer_options){ .sampler = MSVC_SAMPLER_ALWAYS_OFF,
                                                 .ignores_parent = true });
    span = msvc_span_start(f->tracer, "a", MSVC_SPAN_OPTIONS(.parent = &parent));
    assert_false(msvc_span_is_recording(span));
    assert_int_equal(msvc_span_context(span)->flags, 0);
    msvc_span_end(span);
}

static int count_sampled(struct fixture *f, int spans)
{
    int sampled = 0;

    for (int i = 0; i < spans; i++) {
        struct msvc_span *span = msvc_span_start(f->tracer, "a", NULL);

        sampled += msvc_span_is_recording(span);
        msvc_span_end(span);
    }
    return sampled;
}

static void samples_about_the_ratio(void **state)
{
    struct fixture *f = *state;

    make_tracer(f, (struct msvc_tracer_options){ .sampler = MSVC_SAMPLER_RATIO, .ratio = 0.25 });
    assert_in_range(count_sampled(f, 10000), 2300, 2700);
    make_tracer(f, (struct msvc_tracer_options){ .sampler = MSVC_SAMPLER_RATIO, .ratio = 1 });
    assert_int_equal(count_sampled(f, 1000), 1000);
    make_tracer(f, (struct msvc_tracer_options){ .sampler = MSVC_SAMPLER_RATIO, .ratio = 0 });
    assert_int_equal(count_sampled(f, 1000), 0);
}

static void decides_by_the_low_56_bits_of_the_trace_id(void **state)
{
    struct fixture *f = *state;

    make_tracer(f, (struct msvc_tracer_options){ .sampler = MSVC_SAMPLER_RATIO, .ratio = 0.5 });
    for (int i = 0; i < 100; i++) {
        struct msvc_span *span = msvc_span_start(f->tracer, "a", NULL);

        assert_int_equal(msvc_span_is_recording(span),
                         msvc_span_context(span)->trace_id[9] >= 0x80);
        msvc_span_end(span);
    }
}

static void exports_what_was_set(void **state)
{
    struct fixture *f = *state;
    struct msvc_span *span = msvc_span_start(
        f->tracer, "first",
        MSVC_SPAN_OPTIONS(.kind = MSVC_SPAN_CLIENT,
                          .attributes = MSVC_ATTRIBUTES(MSVC_STR("a", "1"), MSVC_I64("b", 2))));

    msvc_span_rename(span, "second");
    msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_STR("a", "longer than before"), MSVC_I64("c", 3)));
    (void)end_and_look(f, span);
    assert_string_equal(f->seen.name, "second");
    assert_int_equal(f->seen.span.kind, MSVC_SPAN_CLIENT);
    assert_string_equal(f->seen.text, "a=longer than before b=2 c=3 ");
    assert_int_equal(f->seen.span.dropped_attribute_count, 0);
}

static void describes_the_service(void **state)
{
    struct fixture *f = *state;
    const struct msvc_attribute *resource =
        MSVC_ATTRIBUTES(MSVC_STR("zone", "b"), MSVC_STR("telemetry.sdk.name", "other"));
    char expected[128];

    make_tracer(f, (struct msvc_tracer_options){ .service_name = "order", .resource = resource });
    (void)end_and_look(f, msvc_span_start(f->tracer, "a", NULL));
    (void)snprintf(expected, sizeof(expected),
                   "service.name=order telemetry.sdk.language=c telemetry.sdk.name=libmsvc "
                   "telemetry.sdk.version=%s zone=b ",
                   msvc_version());
    assert_string_equal(f->seen.resource, expected);
}

static void names_a_service_that_has_no_name_after_the_program(void **state)
{
    struct fixture *f = *state;

    make_tracer(f, (struct msvc_tracer_options){ 0 });
    (void)end_and_look(f, msvc_span_start(f->tracer, "a", NULL));
    assert_non_null(strstr(f->seen.resource, "service.name=unknown_service:test_trace "));
    make_tracer(f, (struct msvc_tracer_options){
                       .resource = MSVC_ATTRIBUTES(MSVC_STR("service.name", "mine")) });
    (void)end_and_look(f, msvc_span_start(f->tracer, "a", NULL));
    assert_non_null(strstr(f->seen.resource, "service.name=mine "));
}

static void ends_after_what_the_monotonic_clock_says_has_passed(void **state)
{
    struct fixture *f = *state;
    int64_t start = f->clock.wall_ns;
    struct msvc_span *span = msvc_span_start(f->tracer, "a", NULL);

    fake_clock_advance_ms(&f->clock, 5);
    f->clock.wall_ns -= INT64_C(3600000000000); /* an administrator sets it back */
    (void)end_and_look(f, span);
    assert_int_equal(f->seen.span.start_wall_ns, start);
    assert_int_equal(f->seen.span.end_wall_ns, start + 5000000);
}

static void takes_a_start_in_the_past(void **state)
{
    struct fixture *f = *state;
    int64_t now = f->clock.wall_ns;
    struct msvc_span *span = msvc_span_start(
        f->tracer, "a", MSVC_SPAN_OPTIONS(.start_wall_ns = now - INT64_C(5000000000)));

    fake_clock_advance_ms(&f->clock, 1);
    (void)end_and_look(f, span);
    assert_int_equal(f->seen.span.start_wall_ns, now - INT64_C(5000000000));
    assert_int_equal(f->seen.span.end_wall_ns, now + 1000000);
}

static void keeps_events_in_order_with_their_times(void **state)
{
    struct fixture *f = *state;
    int64_t start = f->clock.wall_ns;
    struct msvc_span *span = msvc_span_start(f->tracer, "a", NULL);

    fake_clock_advance_ms(&f->clock, 1);
    msvc_span_event(span, "retry", MSVC_ATTRIBUTES(MSVC_I64("n", 1), MSVC_STR("why", "slow")));
    fake_clock_advance_ms(&f->clock, 1);
    msvc_span_event(span, "again", NULL);
    (void)end_and_look(f, span);
    assert_int_equal(f->seen.span.event_count, 2);
    assert_string_equal(f->seen.event, "retry:2");
    assert_int_equal(f->seen.event_ns[0], start + 1000000);
    assert_int_equal(f->seen.event_ns[1], start + 2000000);
}

static void keeps_eight_links_and_counts_the_rest(void **state)
{
    struct fixture *f = *state;
    struct msvc_trace_context context = remote(REMOTE, "foo=1");
    const struct msvc_trace_context *links[10] = { NULL };

    for (int i = 0; i < 9; i++)
        links[i] = &context;
    (void)end_and_look(f, msvc_span_start(f->tracer, "a", MSVC_SPAN_OPTIONS(.links = links)));
    assert_int_equal(f->seen.span.link_count, 8);
    assert_int_equal(f->seen.span.dropped_link_count, 1);
    assert_memory_equal(f->seen.link.span_id, context.span_id, 8);
    assert_true(f->seen.link.is_remote);
    assert_string_equal(f->seen.tracestate, "foo=1");
}

static void keeps_a_description_only_for_an_error(void **state)
{
    struct fixture *f = *state;
    struct msvc_span *span = msvc_span_start(f->tracer, "a", NULL);

    msvc_span_set_status(span, MSVC_SPAN_ERROR, "broken");
    msvc_span_set_status(span, MSVC_SPAN_UNSET, NULL);
    (void)end_and_look(f, span);
    assert_int_equal(f->seen.span.status, MSVC_SPAN_ERROR);
    assert_string_equal(f->seen.description, "broken");
}

static void keeps_ok_once_it_is_set(void **state)
{
    struct fixture *f = *state;
    struct msvc_span *span = msvc_span_start(f->tracer, "a", NULL);

    msvc_span_set_status(span, MSVC_SPAN_ERROR, "broken");
    msvc_span_set_status(span, MSVC_SPAN_OK, "fine");
    msvc_span_set_status(span, MSVC_SPAN_ERROR, "broken");
    (void)end_and_look(f, span);
    assert_int_equal(f->seen.span.status, MSVC_SPAN_OK);
    assert_string_equal(f->seen.description, "");
}

static void cuts_a_long_name_between_characters(void **state)
{
    struct fixture *f = *state;
    char name[400];

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    memcpy(name + 254, "\xc3\xa9", 2);
    (void)end_and_look(f, msvc_span_start(f->tracer, name, NULL));
    assert_int_equal(strlen(f->seen.name), 254);
}

static void drops_and_counts_attributes_beyond_128(void **state)
{
    struct fixture *f = *state;
    struct msvc_span *span = msvc_span_start(f->tracer, "a", NULL);

    for (int i = 0; i < 200; i++) {
        char key[8];

        (void)snprintf(key, sizeof(key), "%d", i);
        msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_I64(key, i)));
    }
    (void)end_and_look(f, span);
    assert_true(f->seen.span.attribute_count <= 128);
    assert_true(f->seen.span.attribute_count > 100);
    assert_int_equal(f->seen.span.attribute_count + f->seen.span.dropped_attribute_count, 200);
}

static void drops_and_counts_what_its_storage_cannot_hold(void **state)
{
    struct fixture *f = *state;
    struct msvc_span *span = msvc_span_start(f->tracer, "a", NULL);
    char text[MSVC_SPAN_STORAGE_SIZE + 1];

    memset(text, 't', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_STR("long", text), MSVC_STR("short", "s")));
    msvc_span_event(span, "fits", MSVC_ATTRIBUTES(MSVC_STR("long", text)));
    for (int i = 0; i < 200; i++)
        msvc_span_event(span, "more", NULL);
    msvc_span_rename(span, "b");
    (void)end_and_look(f, span);
    assert_string_equal(f->seen.text, "short=s ");
    assert_int_equal(f->seen.span.dropped_attribute_count, 1);
    assert_string_equal(f->seen.event, "fits:0");
    assert_int_equal(f->seen.span.event_count + f->seen.span.dropped_event_count, 201);
    assert_true(f->seen.span.dropped_event_count > 0);
}

static void keeps_the_old_value_when_a_new_one_does_not_fit(void **state)
{
    struct fixture *f = *state;
    struct msvc_span *span = msvc_span_start(f->tracer, "a", NULL);
    static char text[MSVC_SPAN_STORAGE_SIZE + 1];

    memset(text, 't', sizeof(text) - 1);
    msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_STR("a", "old")));
    msvc_span_set(span, MSVC_ATTRIBUTES(MSVC_STR("a", text)));
    (void)end_and_look(f, span);
    assert_string_equal(f->seen.text, "a=old ");
    assert_int_equal(f->seen.span.dropped_attribute_count, 1);
}

static void opens_no_more_than_the_limit(void **state)
{
    struct fixture *f = *state;
    struct msvc_span *a;
    struct msvc_span *b;
    struct msvc_tracer_counts counts;

    make_tracer(f, (struct msvc_tracer_options){ .live_limit = 2 });
    a = msvc_span_start(f->tracer, "a", NULL);
    b = msvc_span_start(f->tracer, "b", NULL);
    assert_null(msvc_span_start(f->tracer, "c", NULL));
    msvc_tracer_counts(&counts, f->tracer);
    assert_int_equal(counts.live, 2);
    assert_int_equal(counts.unrecorded, 1);
    msvc_span_end(a);
    a = msvc_span_start(f->tracer, "d", NULL);
    assert_non_null(a);
    msvc_span_end(a);
    msvc_span_end(b);
}

static void only_propagates_without_exporters(void **state)
{
    struct msvc_tracer *tracer;
    struct msvc_span *span;

    (void)state;
    assert_int_equal(msvc_tracer_new(&tracer, NULL), 0);
    span = msvc_span_start(tracer, "a", NULL);
    assert_false(msvc_span_is_recording(span));
    assert_int_equal(msvc_span_context(span)->flags, MSVC_TRACE_SAMPLED | MSVC_TRACE_RANDOM);
    msvc_span_end(span);
    assert_int_equal(msvc_tracer_fd(tracer), -1);
    assert_int_equal(msvc_tracer_timeout_ms(tracer), -1);
    assert_int_equal(msvc_tracer_run_once(tracer, 0, NULL), 0);
    assert_int_equal(msvc_tracer_flush(tracer, 0, NULL), 0);
    msvc_tracer_free(tracer);
}

static void takes_null_for_tracer_and_span(void **state)
{
    struct msvc_tracer_counts counts = { .started = 7 };

    (void)state;
    assert_null(msvc_span_start(NULL, "a", NULL));
    assert_false(msvc_span_is_recording(NULL));
    assert_null(msvc_span_context(NULL));
    msvc_span_set(NULL, MSVC_ATTRIBUTES(MSVC_I64("a", 1)));
    msvc_span_rename(NULL, "a");
    msvc_span_event(NULL, "a", NULL);
    msvc_span_set_status(NULL, MSVC_SPAN_OK, NULL);
    msvc_span_end(NULL);
    msvc_tracer_free(NULL);
    assert_int_equal(msvc_tracer_fd(NULL), -1);
    assert_int_equal(msvc_tracer_timeout_ms(NULL), -1);
    assert_int_equal(msvc_tracer_run_once(NULL, 0, NULL), 0);
    assert_int_equal(msvc_tracer_flush(NULL, 0, NULL), 0);
    msvc_tracer_counts(&counts, NULL);
    assert_int_equal(counts.started, 0);
}

static void starts_nothing_with_options_of_a_newer_version(void **state)
{
    struct fixture *f = *state;
    struct {
        struct msvc_span_options options;
        int newer;
    } grown = { { .size = sizeof(grown) }, 1 };

    assert_null(msvc_span_start(f->tracer, "a", &grown.options));
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(starts_a_trace_with_random_ids),
        WITH_FIXTURE(continues_a_remote_trace),
        WITH_FIXTURE(is_a_child_of_the_span_that_the_thread_entered),
        WITH_FIXTURE(starts_a_trace_below_a_parent_that_is_not_valid),
        cmocka_unit_test(enters_nothing_for_null),
        WITH_FIXTURE(follows_the_parents_decision),
        WITH_FIXTURE(samples_no_root_when_always_off_but_follows_a_sampled_parent),
        WITH_FIXTURE(asks_the_sampler_for_every_span_when_told_to_ignore_parents),
        WITH_FIXTURE(samples_about_the_ratio),
        WITH_FIXTURE(decides_by_the_low_56_bits_of_the_trace_id),
        WITH_FIXTURE(exports_what_was_set),
        WITH_FIXTURE(describes_the_service),
        WITH_FIXTURE(names_a_service_that_has_no_name_after_the_program),
        WITH_FIXTURE(ends_after_what_the_monotonic_clock_says_has_passed),
        WITH_FIXTURE(takes_a_start_in_the_past),
        WITH_FIXTURE(keeps_events_in_order_with_their_times),
        WITH_FIXTURE(keeps_eight_links_and_counts_the_rest),
        WITH_FIXTURE(keeps_a_description_only_for_an_error),
        WITH_FIXTURE(keeps_ok_once_it_is_set),
        WITH_FIXTURE(cuts_a_long_name_between_characters),
        WITH_FIXTURE(drops_and_counts_attributes_beyond_128),
        WITH_FIXTURE(drops_and_counts_what_its_storage_cannot_hold),
        WITH_FIXTURE(keeps_the_old_value_when_a_new_one_does_not_fit),
        WITH_FIXTURE(opens_no_more_than_the_limit),
        cmocka_unit_test(only_propagates_without_exporters),
        cmocka_unit_test(takes_null_for_tracer_and_span),
        WITH_FIXTURE(starts_nothing_with_options_of_a_newer_version),
    };

    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
