/* SPDX-License-Identifier: MIT */
/* What happens when the broker dies, stops, or starts again. */
#include "rabbitmq_support.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#define PUBLISHES 3000

/* One publish and how often it ended. */
struct attempt {
    unsigned ended;
    bool is_confirmed;
};

static void note_outcome(const struct msvc_publish_result *result, void *user)
{
    struct attempt *a = user;

    a->ended++;
    a->is_confirmed = result->outcome == MSVC_PUBLISH_CONFIRMED;
}

static enum msvc_disposition note_number(struct msvc_delivery *delivery, void *user)
{
    const struct msvc_message *m = msvc_delivery_message(delivery);
    bool *arrived = user;

    arrived[atoi(m->subject)] = true;
    return MSVC_DELIVERY_ACK;
}

static unsigned count_ended(const struct attempt *attempts)
{
    unsigned ended = 0;

    for (int i = 0; i < PUBLISHES; i++)
        ended += attempts[i].ended;
    return ended;
}

static unsigned count_confirmed(const struct attempt *attempts)
{
    unsigned confirmed = 0;

    for (int i = 0; i < PUBLISHES; i++)
        confirmed += attempts[i].is_confirmed;
    return confirmed;
}

/* Publish number `i`; false when the window is full. */
static bool try_publish(struct msvc_bus *bus, struct attempt *attempts, int i)
{
    char number[16];
    int status;

    (void)snprintf(number, sizeof(number), "%d", i);
    status = msvc_bus_publish(
        bus, MSVC_MESSAGE(.type = "t", .subject = number, .payload = "x", .payload_length = 1),
        note_outcome, &attempts[i], NULL);
    assert_true(status == 0 || status == MSVC_ERR_REJECTED);
    return status == 0;
}

/* Publish all, kill the broker when some are confirmed and some are not. */
static void publish_through_a_crash(struct msvc_bus *bus, struct attempt *attempts)
{
    uint64_t deadline = msvc_deadline_in(NULL, 60000);
    bool is_killed = false;

    for (int i = 0; i < PUBLISHES || count_ended(attempts) < PUBLISHES;) {
        while (i < PUBLISHES && try_publish(bus, attempts, i))
            i++;
        (void)msvc_bus_run_once(bus, 5, NULL);
        if (!is_killed && count_confirmed(attempts) >= 500) {
            assert_int_equal(kill(server_pid(), SIGKILL), 0);
            is_killed = true;
        }
        if (msvc_deadline_left_ms(NULL, deadline, 1) == 0)
            fail_msg("%u of %d publishes ended", count_ended(attempts), PUBLISHES);
    }
    assert_true(is_killed);
}

static void subscribe_numbers(struct msvc_bus *bus, bool *arrived)
{
    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .max_in_flight = 500,
                                     .handler = note_number, .user = arrived));
}

static void confirms_only_what_survives_a_crash_of_the_broker(void **state)
{
    struct fixture *f = *state;
    struct attempt *attempts = calloc(PUBLISHES, sizeof(*attempts));
    bool *arrived = calloc(PUBLISHES, sizeof(*arrived));
    struct msvc_bus *bus = open_url(f, f->url, 3000);
    unsigned confirmed;

    subscribe_numbers(bus, arrived);
    close_bus(f, bus);
    server(
        "restart"); /* a queue younger than some seconds comes back from a crash without leader */
    memset(arrived, 0, PUBLISHES * sizeof(*arrived));
    bus = open_url(f, f->url, 3000);
    publish_through_a_crash(bus, attempts);
    confirmed = count_confirmed(attempts);
    assert_true(confirmed >= 500 && confirmed < PUBLISHES);
    server("restart");
    close_bus(f, bus);
    bus = open_url(f, f->url, 0);
    subscribe_numbers(bus, arrived);
    run_for(f, 3000);
    for (int i = 0; i < PUBLISHES; i++) {
        assert_int_equal(attempts[i].ended, 1);
        if (attempts[i].is_confirmed && !arrived[i])
            fail_msg("%d was confirmed and is not there", i);
    }
    free(attempts);
    free(arrived);
}

static bool is_thread_stopped(int pid, const char *thread)
{
    char path[64];
    char state = 'T'; /* one that is gone does nothing either */
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/task/%.16s/stat", pid, thread);
    file = fopen(path, "r");
    if (file == NULL)
        return true;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 'T';
    (void)fclose(file);
    return state == 'T';
}

static bool is_stopped(int pid)
{
    char path[64];
    bool all = true;
    const struct dirent *thread;
    DIR *threads;

    (void)snprintf(path, sizeof(path), "/proc/%d/task", pid);
    threads = opendir(path);
    assert_non_null(threads);
    while (all && (thread = readdir(threads)) != NULL)
        all = thread->d_name[0] == '.' || is_thread_stopped(pid, thread->d_name);
    (void)closedir(threads);
    return all;
}

/* A thread that waits for the disk stops only when that is over, and answers until then. */
static void stop_server(int pid)
{
    uint64_t deadline = msvc_deadline_in(NULL, 60000);

    assert_int_equal(kill(pid, SIGSTOP), 0);
    while (!is_stopped(pid) && msvc_deadline_left_ms(NULL, deadline, 1) > 0)
        (void)poll(NULL, 0, 1);
    assert_true(is_stopped(pid));
}

/* Whatever a test left behind, the next one finds a server that runs. */
static int outage_teardown(void **state)
{
    (void)kill(server_pid(), SIGCONT);
    return rabbitmq_teardown(state);
}

static void notices_a_broker_that_stopped(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "&heartbeat=2");
    uint64_t begin;
    int pid = server_pid();

    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .handler = record,
                                     .user = f->recorder));
    run_for(f, 6000);
    assert_true(msvc_bus_is_connected(bus)); /* idle, and both sides heard of each other */
    begin = msvc_clock_monotonic_ns(NULL);
    stop_server(pid);
    while (msvc_bus_run_once(bus, 100, NULL) >= 0 &&
           msvc_clock_monotonic_ns(NULL) - begin < 60000000000u)
        ;
    assert_int_equal(kill(pid, SIGCONT), 0);
    assert_false(msvc_bus_is_connected(bus));
    assert_true(msvc_clock_monotonic_ns(NULL) - begin >= 2000000000u);
    wait_until_connected(f, bus);
}

static void says_unknown_for_what_a_stopped_broker_was_sent(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_url(f, f->url, 500);
    int pid = server_pid();

    wait_until_connected(f, bus);
    stop_server(pid);
    publish(f, bus, "t", NULL, "1");
    wait_for(f, &f->outcomes[MSVC_PUBLISH_UNKNOWN], 1);
    assert_int_equal(kill(pid, SIGCONT), 0);
    run_for(f, 300);
    assert_int_equal(f->outcomes[MSVC_PUBLISH_UNKNOWN] + f->outcomes[MSVC_PUBLISH_CONFIRMED] +
                         f->outcomes[MSVC_PUBLISH_REFUSED],
                     1);
}

static void comes_back_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_bus(f, "");

    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .handler = record,
                                     .user = f->recorder));
    publish(f, bus, "t", NULL, "1");
    wait_for(f, &f->recorder->count, 1);
    run_for(f, 100); /* the acknowledgement leaves */
    server("restart");
    run_for(f, 100);
    wait_until_connected(f, bus);
    publish(f, bus, "t", NULL, "2");
    wait_for(f, &f->recorder->count, 2);
    assert_string_equal(f->recorder->seen[f->recorder->count - 1].payload, "2");
}

static void sends_nothing_while_the_broker_blocks(void **state)
{
    struct fixture *f = *state;
    struct msvc_bus *bus = open_url(f, f->url, 4000);

    subscribe(bus, MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"), .handler = record,
                                     .user = f->recorder));
    server("block");
    publish(f, bus, "t", NULL, "1"); /* upon this one the broker says that it blocks */
    wait_for(f, &f->outcomes[MSVC_PUBLISH_UNKNOWN], 1);
    publish(f, bus, "t", NULL, "never sent");
    wait_for(f, &f->outcomes[MSVC_PUBLISH_UNKNOWN], 2);
    server("unblock");
    run_for(f, 300);
    publish(f, bus, "t", NULL, "2");
    wait_for(f, &f->outcomes[MSVC_PUBLISH_CONFIRMED], 1);
    wait_for(f, &f->recorder->count, 2);
    assert_string_equal(f->recorder->seen[0].payload, "1"); /* UNKNOWN: it was there after all */
    assert_string_equal(f->recorder->seen[1].payload, "2");
}

#define test(name) cmocka_unit_test_setup_teardown(name, rabbitmq_setup, outage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(confirms_only_what_survives_a_crash_of_the_broker),
        test(notices_a_broker_that_stopped),
        test(says_unknown_for_what_a_stopped_broker_was_sent),
        test(sends_nothing_while_the_broker_blocks),
        test(comes_back_after_a_restart),
    };

    return cmocka_run_group_tests_name("rabbitmq_outage", tests, NULL, NULL);
}
