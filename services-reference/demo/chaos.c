/* SPDX-License-Identifier: MIT */
/*
 * While orders flow, each service is killed without a warning and started
 * again, and one is replaced by another build of it. Then the books must agree.
 */
#include "chaos.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>

#define FLOW_MS          800
#define DEAD_MS          400
#define MONOLITH_KILLS   3
#define AGREE_TIMEOUT_MS 15000
#define AGREE_POLL_MS    200
#define STAYS_AGREED_MS  1000
#define NEXT_VERSION     "0.1.1"
#define VERSION_SIZE     32

static double seconds_since(uint64_t start_ns)
{
    return (double)(msvc_clock_monotonic_ns(NULL) - start_ns) / 1e9;
}

/* All services of that program. */
static int wait_ready(struct demo *demo, enum service service, struct msvc_error *err)
{
    int status = program_wait_ready(demo, service, err);

    for (int i = 0; demo->is_monolith && status == 0 && i < SERVICE_COUNT; i++)
        status = program_wait_ready(demo, (enum service)i, err);
    return status;
}

static int kill_and_start(struct demo *demo, enum service service, uint64_t start_ns,
                          struct msvc_error *err)
{
    const struct program *program = program_of(demo, service);
    int status;

    (void)printf("  %6.2f s  %-22s killed", seconds_since(start_ns), program->name);
    program_kill(demo, service);
    (void)poll(NULL, 0, DEAD_MS);
    status = program_start(demo, service, err);
    if (status == 0)
        status = wait_ready(demo, service, err);
    if (status == 0)
        (void)printf(", started after %d ms, ready %.0f ms later\n", DEAD_MS, program->startup_ms);
    else
        (void)printf("\n");
    return status;
}

static int read_version(char out[VERSION_SIZE], struct demo *demo, enum service service,
                        struct msvc_error *err)
{
    json_t *answer = NULL;
    int status =
        api_call(&answer, demo,
                 &(struct call){
                     .service = service, .target = "/health", .expected = 200, .is_silent = true },
                 err);

    if (status < 0)
        return status;
    (void)snprintf(out, VERSION_SIZE, "%s", json_string_value(json_object_get(answer, "version")));
    json_decref(answer);
    return 0;
}

/* Services deploy independently: the others do not notice. */
static int replace_inventory(struct demo *demo, uint64_t start_ns, struct msvc_error *err)
{
    struct program *program = program_of(demo, INVENTORY);
    char before[VERSION_SIZE];
    char after[VERSION_SIZE];
    double began = seconds_since(start_ns);
    int status = read_version(before, demo, INVENTORY, err);

    if (status == 0)
        status = program_stop(demo, INVENTORY, err);
    program->file = "inventory-service-next";
    if (status == 0)
        status = program_start(demo, INVENTORY, err);
    if (status == 0)
        status = program_wait_ready(demo, INVENTORY, err);
    if (status == 0)
        status = read_version(after, demo, INVENTORY, err);
    if (status < 0)
        return status;
    (void)printf("  %6.2f s  %-22s replaced: %s drained, %s ready %.0f ms after its start\n", began,
                 program->name, before, after, program->startup_ms);
    if (strcmp(after, NEXT_VERSION) != 0)
        return msvc_error_set(err, MSVC_ERR_STATE, "demo", 0,
                              "inventory-service: /health says version %s, expected %s", after,
                              NEXT_VERSION);
    return 0;
}

static int make_trouble(struct demo *demo, uint64_t start_ns, struct msvc_error *err)
{
    int kills = demo->is_monolith ? MONOLITH_KILLS : SERVICE_COUNT;
    int status = 0;

    (void)poll(NULL, 0, FLOW_MS);
    for (int i = 0; status == 0 && i < kills && !is_interrupted(); i++) {
        status = kill_and_start(demo, demo->is_monolith ? USERS : (enum service)i, start_ns, err);
        (void)poll(NULL, 0, FLOW_MS);
    }
    if (status == 0 && !demo->is_monolith && !is_interrupted()) {
        status = replace_inventory(demo, start_ns, err);
        (void)poll(NULL, 0, FLOW_MS);
    }
    return status == 0 && is_interrupted() ? interrupted(err) : status;
}

/* Money and stock follow an order's state a moment later; once the books agree they must stay so.
 */
static int wait_until_books_agree(struct ledger *ledger, const struct crowd *crowd,
                                  struct msvc_error *err)
{
    uint64_t deadline = msvc_deadline_in(NULL, AGREE_TIMEOUT_MS);
    int status = ledger_compare(ledger, crowd, err);

    while (status < 0 && !is_interrupted() &&
           msvc_deadline_left_ms(NULL, deadline, AGREE_TIMEOUT_MS) > 0) {
        (void)poll(NULL, 0, AGREE_POLL_MS);
        status = ledger_compare(ledger, crowd, err);
    }
    if (status < 0)
        return status;
    (void)poll(NULL, 0, STAYS_AGREED_MS);
    return ledger_compare(ledger, crowd, err);
}

static void show(const struct ledger *ledger, const struct crowd *crowd)
{
    double slowest_ms = 0;

    for (size_t i = 0; i < crowd->count; i++) {
        const struct placed_order *order = &crowd->orders[i];
        double ms = (double)(order->final_ns - order->placed_ns) / 1e6;

        if (order->final_ns != 0 && ms > slowest_ms)
            slowest_ms = ms;
    }
    (void)printf("\n  orders placed                           %6zu\n", crowd->count);
    (void)printf("  confirmed, with the first three         %6zu\n", ledger->confirmed);
    (void)printf("  cancelled, with the first three         %6zu\n", ledger->cancelled);
    (void)printf("  lost                                    %6zu\n", ledger->lost);
    (void)printf("  duplicated                              %6zu\n", ledger->duplicated);
    (void)printf("  calls without a clear answer, repeated  %6zu\n", crowd->unclear);
    (void)printf("  duplicates absorbed                     %6zu\n", crowd->replayed);
    (void)printf("  slowest order                           %6.0f ms\n", slowest_ms);
    (void)printf("  money held                              %9.2f EUR\n",
                 (double)ledger->charged / 100);
}

static int restock(struct demo *demo, struct msvc_error *err)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < STORY_SHELVES; i++)
        status = story_restock(demo, story_shelves[i].sku, CHAOS_RESTOCK, err);
    return status;
}

int chaos_run(struct demo *demo, struct msvc_error *err)
{
    struct ledger ledger = { 0 };
    struct crowd crowd = { .demo = demo };
    struct msvc_error ignored;
    uint64_t start_ns = msvc_clock_monotonic_ns(NULL);
    int status = restock(demo, err);

    (void)printf("\nChaos: %d customers place orders while services die\n", CHAOS_CUSTOMERS);
    if (status == 0)
        status = crowd_start(&crowd, demo, err);
    if (status == 0)
        status = make_trouble(demo, start_ns, err);
    if (status == 0)
        status = crowd_end(&crowd, err);
    else
        (void)crowd_end(&crowd, &ignored);
    if (status == 0)
        status = wait_until_books_agree(&ledger, &crowd, err);
    if (crowd.orders != NULL)
        show(&ledger, &crowd);
    if (status == 0)
        (void)printf("  the books of orders, payments and stock agree\n");
    crowd_clear(&crowd);
    return status;
}
