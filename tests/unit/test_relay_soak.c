/* SPDX-License-Identifier: MIT */
/*
 * The guarantee under a broker that refuses, does not answer and goes away,
 * and relays that die, at random: nothing is lost, every duplicate has the
 * same id, and a message is sent only after the one before it was confirmed.
 */
#include <msvc/relay.h>

#include <stdio.h>
#include <string.h>

#include <msvc/message.h>
#include <msvc/outbox.h>
#include <msvc/random.h>
#include <msvc/status.h>

#include "relay_fixture.h"

#define KEYS    5
#define ROUNDS  120
#define IN_ONCE 4

struct soak {
    struct fixture *f;
    int appended[KEYS]; /* committed messages of each key, numbered from 0 */
};

static uint64_t draw(struct soak *s, uint64_t below)
{
    return msvc_random_below(&s->f->random.random, below);
}

static enum msvc_publish_outcome decide(const struct fake_publish *p, bool *is_permanent,
                                        void *user)
{
    uint64_t drawn = draw(user, 20);

    (void)p;
    *is_permanent = false;
    if (drawn == 0)
        return MSVC_PUBLISH_REFUSED;
    return drawn == 1 ? MSVC_PUBLISH_UNKNOWN : MSVC_PUBLISH_CONFIRMED;
}

static void append_number(struct soak *s, struct msvc_tx *tx, int key, int at)
{
    char name[8];
    char payload[16];

    (void)snprintf(name, sizeof(name), "k%d", key);
    (void)snprintf(payload, sizeof(payload), "%d", at);
    assert_int_equal(msvc_outbox_append(tx,
                                        MSVC_MESSAGE(.type = "a", .key = name, .payload = payload,
                                                     .payload_length = strlen(payload)),
                                        NULL, &s->f->err),
                     0);
}

/* One transaction with a few messages; one in four is rolled back. */
static void write_some(struct soak *s)
{
    bool is_kept = draw(s, 4) > 0;
    int appended[KEYS];
    struct msvc_tx *tx;

    memcpy(appended, s->appended, sizeof(appended));
    assert_int_equal(msvc_tx_begin(&tx, s->f->store, NULL, &s->f->err), 0);
    for (int i = 0; i < IN_ONCE; i++) {
        int key = (int)draw(s, KEYS);

        append_number(s, tx, key, appended[key]++);
    }
    if (!is_kept) {
        msvc_tx_rollback(tx);
        return;
    }
    assert_int_equal(msvc_tx_commit(tx, &s->f->err), 0);
    memcpy(s->appended, appended, sizeof(appended));
}

static void start_relay(struct soak *s)
{
    use_relay(s->f, MSVC_RELAY_OPTIONS(.window = 3, .page = 5, .refusals_before_park = 1000000));
}

static void disturb(struct soak *s)
{
    s->f->broker.holds = draw(s, 4) == 0;
    s->f->broker.is_away = draw(s, 8) == 0;
    if (draw(s, 15) == 0)
        start_relay(s);
    turn(s->f, (int)draw(s, 4));
    pass_ms(s->f, draw(s, 400));
}

static void calm(struct soak *s)
{
    s->f->broker.holds = false;
    s->f->broker.is_away = false;
    for (int i = 0; i < 3000 && number(s->f, "SELECT count(*) FROM outbox_events") > 0; i++) {
        turn(s->f, 4);
        pass_ms(s->f, 500);
    }
    assert_int_equal(number(s->f, "SELECT count(*) FROM outbox_events"), 0);
}

static bool is_message(const struct fake_publish *p, int key, int at)
{
    char name[8];
    char payload[16];

    (void)snprintf(name, sizeof(name), "k%d", key);
    (void)snprintf(payload, sizeof(payload), "%d", at);
    return strcmp(p->key, name) == 0 && strcmp(p->payload, payload) == 0;
}

/* When it was first sent and first confirmed; checks that its id stays the same. */
static void find(const struct soak *s, int key, int at, size_t *sent_at, size_t *confirmed_at)
{
    const struct fake_broker *broker = &s->f->broker;
    const char *id = NULL;

    *sent_at = 0;
    *confirmed_at = 0;
    for (size_t i = 0; i < broker->count; i++) {
        const struct fake_publish *p = &broker->sent[i];

        if (!is_message(p, key, at))
            continue;
        if (id != NULL)
            assert_string_equal(p->id, id);
        id = p->id;
        if (*sent_at == 0)
            *sent_at = p->sent_at;
        if (*confirmed_at == 0 && p->outcome == MSVC_PUBLISH_CONFIRMED && p->publish == NULL)
            *confirmed_at = p->ended_at;
    }
}

static void check_key(const struct soak *s, int key)
{
    size_t before = 0;

    for (int at = 0; at < s->appended[key]; at++) {
        size_t sent_at;
        size_t confirmed_at;

        find(s, key, at, &sent_at, &confirmed_at);
        assert_true(confirmed_at > 0);
        assert_true(sent_at > before);
        before = confirmed_at;
    }
}

static void soak(struct fixture *f, uint64_t seed)
{
    struct soak s = { .f = f };

    fake_random_init(&f->random, seed);
    f->broker.decide = decide;
    f->broker.user = &s;
    start_relay(&s);
    for (int i = 0; i < ROUNDS; i++) {
        if (draw(&s, 2) == 0)
            write_some(&s);
        disturb(&s);
    }
    calm(&s);
    for (int key = 0; key < KEYS; key++)
        check_key(&s, key);
}

static void keeps_the_guarantee_with_seed_1(void **state)
{
    soak(*state, 1);
}

static void keeps_the_guarantee_with_seed_2(void **state)
{
    soak(*state, 2);
}

static void keeps_the_guarantee_with_seed_3(void **state)
{
    soak(*state, 3);
}

static void keeps_the_guarantee_with_seed_4(void **state)
{
    soak(*state, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_the_guarantee_with_seed_1),
        TEST(keeps_the_guarantee_with_seed_2),
        TEST(keeps_the_guarantee_with_seed_3),
        TEST(keeps_the_guarantee_with_seed_4),
    };

    return cmocka_run_group_tests_name("relay soak", tests, NULL, NULL);
}
