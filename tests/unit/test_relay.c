/* SPDX-License-Identifier: MIT */
/* What is published when, and what becomes of what the broker does not take. */
#include <msvc/relay.h>

#include <stdio.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"

#include "relay_fixture.h"

#define ROWS "SELECT count(*) FROM outbox_events"

static struct msvc_relay_counts counts(struct fixture *f)
{
    struct msvc_relay_counts c;

    msvc_relay_counts(f->relay, &c);
    return c;
}

static void publishes_what_was_committed_and_removes_it(void **state)
{
    struct fixture *f = *state;

    append(f, "k", "1");
    append(f, NULL, "2");
    turn(f, 5);
    assert_string_equal(sent(f), "1 2");
    assert_int_equal(number(f, ROWS), 0);
    assert_int_equal(counts(f).published, 2);
}

static void says_how_many_it_removed(void **state)
{
    struct fixture *f = *state;

    append(f, NULL, "1");
    append(f, NULL, "2");
    assert_int_equal(msvc_relay_run_once(f->relay, 0, &f->err), 0);
    assert_int_equal(msvc_relay_run_once(f->relay, 0, &f->err), 2);
}

static void removes_nothing_before_the_confirm(void **state)
{
    struct fixture *f = *state;

    f->broker.holds = true;
    append(f, "k", "1");
    turn(f, 5);
    assert_string_equal(sent(f), "1");
    assert_int_equal(number(f, ROWS), 1);
    assert_int_equal(counts(f).in_flight, 1);
    f->broker.holds = false;
    turn(f, 2);
    assert_int_equal(number(f, ROWS), 0);
}

static void sends_the_next_of_a_key_only_after_the_confirm(void **state)
{
    struct fixture *f = *state;

    f->broker.holds = true;
    append(f, "k", "k1");
    append(f, "k", "k2");
    append(f, "l", "l1");
    append(f, NULL, "n1");
    append(f, NULL, "n2");
    turn(f, 5);
    assert_string_equal(sent(f), "k1 l1 n1 n2");
    f->broker.holds = false;
    turn(f, 5);
    assert_string_equal(sent(f), "k1 l1 n1 n2 k2");
}

static void sends_no_more_than_the_window(void **state)
{
    struct fixture *f = *state;

    use_relay(f, MSVC_RELAY_OPTIONS(.window = 2));
    f->broker.holds = true;
    append(f, NULL, "1");
    append(f, NULL, "2");
    append(f, NULL, "3");
    turn(f, 5);
    assert_string_equal(sent(f), "1 2");
    f->broker.holds = false;
    turn(f, 5);
    assert_string_equal(sent(f), "1 2 3");
}

/* Refuses one payload a number of times. */
struct refusal {
    const char *payload;
    int times;
    bool is_permanent;
    enum msvc_publish_outcome outcome;
};

static enum msvc_publish_outcome refuse_one(const struct fake_publish *p, bool *is_permanent,
                                            void *user)
{
    struct refusal *r = user;

    if (strcmp(p->payload, r->payload) != 0 || r->times == 0)
        return MSVC_PUBLISH_CONFIRMED;
    r->times--;
    *is_permanent = r->is_permanent;
    return r->outcome;
}

static void tell(struct fixture *f, struct refusal *refusal)
{
    f->broker.decide = refuse_one;
    f->broker.user = refusal;
}

static void keeps_order_when_the_first_of_a_key_is_refused(void **state)
{
    struct fixture *f = *state;
    struct refusal twice = { "k1", 2, false, MSVC_PUBLISH_REFUSED };

    tell(f, &twice);
    append(f, "k", "k1");
    append(f, "k", "k2");
    append(f, "l", "l1");
    turn(f, 5);
    assert_string_equal(sent(f), "k1 l1");
    append(f, "k", "k3");
    for (int i = 0; i < 4; i++) {
        pass_ms(f, 300);
        turn(f, 5);
    }
    assert_string_equal(sent(f), "k1 l1 k1 k1 k2 k3");
    assert_int_equal(number(f, ROWS), 0);
    assert_int_equal(counts(f).resent, 2);
}

static void publishes_again_with_the_same_id_when_the_outcome_is_unknown(void **state)
{
    struct fixture *f = *state;
    struct refusal once = { "k1", 1, false, MSVC_PUBLISH_UNKNOWN };

    tell(f, &once);
    append(f, "k", "k1");
    append(f, "k", "k2");
    turn(f, 8);
    assert_string_equal(sent(f), "k1 k1 k2");
    assert_string_equal(f->broker.sent[0].id, f->broker.sent[1].id);
    assert_int_equal(number(f, ROWS), 0);
    assert_int_equal(counts(f).parked, 0);
}

static void parks_at_once_what_is_refused_for_good(void **state)
{
    struct fixture *f = *state;
    struct refusal forever = { "k1", -1, true, MSVC_PUBLISH_REFUSED };

    tell(f, &forever);
    append(f, "k", "k1");
    append(f, "k", "k2");
    turn(f, 8);
    assert_string_equal(sent(f), "k1 k2");
    assert_int_equal(number(f, ROWS), 0);
    assert_int_equal(counts(f).parked, 1);
    assert_int_equal(
        number(f, "SELECT count(*) FROM outbox_parked WHERE reason = 'as told' AND attempts = 1"),
        1);
}

static void parks_what_is_refused_too_often(void **state)
{
    struct fixture *f = *state;
    struct refusal forever = { "k1", -1, false, MSVC_PUBLISH_REFUSED };

    use_relay(f, MSVC_RELAY_OPTIONS(.refusals_before_park = 3));
    tell(f, &forever);
    append(f, "k", "k1");
    append(f, "k", "k2");
    for (int i = 0; i < 5; i++) {
        turn(f, 5);
        pass_ms(f, 1000);
    }
    assert_string_equal(sent(f), "k1 k1 k1 k2");
    assert_int_equal(counts(f).parked, 1);
}

static void a_parked_message_blocks_its_key_when_told_to(void **state)
{
    struct fixture *f = *state;
    struct refusal forever = { "k1", -1, true, MSVC_PUBLISH_REFUSED };

    use_relay(f, MSVC_RELAY_OPTIONS(.park_blocks_key = true));
    tell(f, &forever);
    append(f, "k", "k1");
    append(f, "k", "k2");
    append(f, "l", "l1");
    turn(f, 8);
    append(f, "k", "k3");
    pass_ms(f, 1000);
    turn(f, 8);
    assert_string_equal(sent(f), "k1 l1");
    assert_int_equal(number(f, ROWS), 2);
}

static void a_freed_key_flows_on_in_order(void **state)
{
    struct fixture *f = *state;
    struct refusal forever = { "k1", -1, true, MSVC_PUBLISH_REFUSED };

    use_relay(f, MSVC_RELAY_OPTIONS(.park_blocks_key = true));
    tell(f, &forever);
    append(f, "k", "k1");
    append(f, "k", "k2");
    turn(f, 8);
    run_sql(f, "DELETE FROM outbox_parked");
    append(f, "k", "k3");
    turn(f, 8);
    assert_string_equal(sent(f), "k1");
    pass_ms(f, 31000);
    turn(f, 8);
    assert_string_equal(sent(f), "k1 k2 k3");
}

static void a_long_queue_behind_a_refused_message_holds_up_nobody(void **state)
{
    struct fixture *f = *state;
    struct refusal long_time = { "k1", 4, false, MSVC_PUBLISH_REFUSED };
    char payload[8];

    use_relay(f, MSVC_RELAY_OPTIONS(.window = 2, .page = 4));
    tell(f, &long_time);
    append(f, "k", "k1");
    turn(f, 5);
    for (int i = 2; i < 60; i++) {
        (void)snprintf(payload, sizeof(payload), "k%d", i);
        append(f, "k", payload);
    }
    append(f, "l", "l1");
    turn(f, 60);
    assert_string_equal(sent(f), "k1 l1");
    for (int i = 0; i < 10; i++) {
        pass_ms(f, 2000);
        turn(f, 60);
    }
    assert_non_null(strstr(sent(f), "k1 k2 k3 k4 k5 k6 k7 k8 k9 k10 k11"));
    assert_int_equal(number(f, ROWS), 0);
}

static void waits_while_the_broker_is_away_and_goes_on_in_order(void **state)
{
    struct fixture *f = *state;

    f->broker.is_away = true;
    append(f, "k", "1");
    append(f, NULL, "2");
    append(f, "k", "3");
    for (int i = 0; i < 20; i++) {
        assert_int_equal(msvc_relay_run_once(f->relay, 0, &f->err), MSVC_ERR_UNAVAILABLE);
        pass_ms(f, 5000);
    }
    assert_int_equal(f->broker.count, 0);
    f->broker.is_away = false;
    turn(f, 8);
    assert_string_equal(sent(f), "1 2 3");
    assert_int_equal(counts(f).resent, 0);
    assert_int_equal(counts(f).parked, 0);
}

static void a_broken_connection_spends_no_attempts(void **state)
{
    struct fixture *f = *state;

    use_relay(f, MSVC_RELAY_OPTIONS(.refusals_before_park = 1));
    f->broker.holds = true;
    append(f, "k", "1");
    append(f, "k", "2");
    for (int i = 0; i < 5; i++) {
        turn(f, 3);
        fake_broker_break(&f->broker);
        turn(f, 2);
        f->broker.is_away = false;
        pass_ms(f, 100);
    }
    f->broker.holds = false;
    turn(f, 8);
    assert_int_equal(counts(f).parked, 0);
    assert_int_equal(fake_broker_confirmed(&f->broker, "1"), 1);
    assert_int_equal(fake_broker_confirmed(&f->broker, "2"), 1);
    assert_int_equal(number(f, ROWS), 0);
}

static void parks_a_row_that_cannot_be_a_message(void **state)
{
    struct fixture *f = *state;

    run_sql(f, "INSERT INTO outbox_events (type, payload) VALUES ('', 'x')");
    run_sql(f, "INSERT INTO outbox_events (type, payload, headers) VALUES ('a', 'x', 'no json')");
    append(f, "k", "1");
    turn(f, 5);
    assert_string_equal(sent(f), "1");
    assert_int_equal(counts(f).parked, 2);
    assert_int_equal(number(f, "SELECT count(*) FROM outbox_parked WHERE reason <> ''"), 2);
}

static void refuses_options_that_make_no_sense(void **state)
{
    struct fixture *f = *state;
    struct msvc_relay *relay;

    assert_int_equal(
        msvc_relay_new(&relay, f->store, f->bus, MSVC_RELAY_OPTIONS(.lease_ms = 1), &f->err),
        MSVC_ERR_INVALID);
    assert_int_equal(
        msvc_relay_new(&relay, f->store, f->bus, MSVC_RELAY_OPTIONS(.window = 1000000), &f->err),
        MSVC_ERR_INVALID);
    assert_int_equal(msvc_relay_new(&relay, NULL, f->bus, NULL, &f->err), MSVC_ERR_INVALID);
    assert_int_equal(msvc_relay_run_once(NULL, 0, NULL), MSVC_ERR_INVALID);
}

static void loses_nothing_when_memory_runs_out(void **state)
{
    struct fixture *f = *state;

    turn(f, 2);
    for (long successes = 0; successes < 40; successes++) {
        append(f, "k", "1");
        msvc__fail_allocation_after(successes);
        turn(f, 3);
        msvc__fail_allocation_after(-1);
        pass_ms(f, 2000);
        turn(f, 6);
        assert_int_equal(number(f, ROWS), 0);
    }
    assert_int_equal(counts(f).published, 40);
    assert_int_equal(counts(f).parked, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(publishes_what_was_committed_and_removes_it),
        TEST(says_how_many_it_removed),
        TEST(removes_nothing_before_the_confirm),
        TEST(sends_the_next_of_a_key_only_after_the_confirm),
        TEST(sends_no_more_than_the_window),
        TEST(keeps_order_when_the_first_of_a_key_is_refused),
        TEST(publishes_again_with_the_same_id_when_the_outcome_is_unknown),
        TEST(parks_at_once_what_is_refused_for_good),
        TEST(parks_what_is_refused_too_often),
        TEST(a_parked_message_blocks_its_key_when_told_to),
        TEST(a_freed_key_flows_on_in_order),
        TEST(a_long_queue_behind_a_refused_message_holds_up_nobody),
        TEST(waits_while_the_broker_is_away_and_goes_on_in_order),
        TEST(a_broken_connection_spends_no_attempts),
        TEST(parks_a_row_that_cannot_be_a_message),
        TEST(refuses_options_that_make_no_sense),
        TEST(loses_nothing_when_memory_runs_out),
    };

    return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
