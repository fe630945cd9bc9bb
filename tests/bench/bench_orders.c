/* SPDX-License-Identifier: MIT */
/*
 * Orders to their final state on one stack, and what the five services cost,
 * beside a plain program of libmicrohttpd that the same client asks. The
 * services run as in the demonstration: traces and logs are written to files.
 */
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>

#include "demo.h"
#include "measure.h"
#include "orders_load.h"

#define SHELF         1000000
#define FLOOR_SECONDS 2.0
#define SETTLE_MS     1500

static struct demo demo = { .stack = "embedded" };
static size_t customers = 16;
static size_t orders = 320;
static int idle_seconds = 10;

/* ---- the services ---- */

static int fill_shelf(struct msvc_error *err)
{
    json_t *body = json_pack("{s:i}", "quantity", SHELF);
    int status = api_call(NULL, &demo,
                          &(struct call){ .service = INVENTORY,
                                          .method = "POST",
                                          .target = "/api/v1/stock/apple/restock",
                                          .token = demo.staff_token,
                                          .body = body,
                                          .expected = 200,
                                          .is_silent = true },
                          err);

    json_decref(body);
    return status;
}

static void read_uses(struct process_use uses[SERVICE_COUNT])
{
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        process_use(&uses[i], demo.running[i].pid);
}

static int warm_up(struct msvc_error *err)
{
    struct orders_load load = { .customers = customers, .orders = 2 * customers };
    int status = orders_load_run(&load, &demo, err);

    free(load.answer_ms);
    free(load.final_ms);
    return status;
}

static void print_orders(struct orders_load *load)
{
    size_t n = load->orders;

    (void)printf("%-40s %9.1f orders/s\n", "confirmed", (double)n / load->seconds);
    (void)printf("%-40s %9.1f ms p50 %9.1f ms p99\n", "POST until it is answered",
                 percentile(load->answer_ms, n, 0.5), percentile(load->answer_ms, n, 0.99));
    (void)printf("%-40s %9.1f ms p50 %9.1f ms p99\n", "POST until confirmed is seen",
                 percentile(load->final_ms, n, 0.5), percentile(load->final_ms, n, 0.99));
    (void)printf("%-40s %9.1f ms\n", "the slowest of them", percentile(load->final_ms, n, 1));
    (void)printf("%-40s %9.1f per second\n", "lists asked for by the watcher",
                 load->questions / load->seconds);
}

static void print_services(const struct process_use before[], const struct process_use after[],
                           const struct process_use idle_from[], const struct process_use idle_to[])
{
    double total = 0;

    (void)printf("%-22s %8s %8s %8s %8s %10s %10s %10s\n", "", "ready", "RSS", "PSS", "threads",
                 "CPU/order", "idle CPU", "idle wakes");
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        double each = (after[i].cpu_ms - before[i].cpu_ms) / (double)orders;

        total += each;
        (void)printf("%-22s %5.1f ms %4.1f MiB %4.1f MiB %8d %7.2f ms %5.2f ms/s %8.1f/s\n",
                     service_names[i], demo.running[i].startup_ms, after[i].rss_mib,
                     after[i].pss_mib, after[i].threads, each,
                     (idle_to[i].cpu_ms - idle_from[i].cpu_ms) / idle_seconds,
                     (double)(idle_to[i].wakeups - idle_from[i].wakeups) / idle_seconds);
    }
    (void)printf("%-22s %46.2f ms\n", "all five", total);
}

static int measure_services(struct msvc_error *err)
{
    struct process_use idle_from[SERVICE_COUNT], idle_to[SERVICE_COUNT];
    struct process_use before[SERVICE_COUNT], after[SERVICE_COUNT];
    struct orders_load load = { .customers = customers, .orders = orders };
    int status = warm_up(err);

    if (status < 0)
        return status;
    (void)poll(NULL, 0, SETTLE_MS);
    read_uses(idle_from);
    (void)poll(NULL, 0, idle_seconds * 1000);
    read_uses(idle_to);
    memcpy(before, idle_to, sizeof(before));
    status = orders_load_run(&load, &demo, err);
    read_uses(after);
    if (status == 0) {
        (void)printf("\nstack %s, %zu customers, %zu orders\n", demo.stack, customers, orders);
        print_orders(&load);
        print_services(before, after, idle_from, idle_to);
    }
    free(load.answer_ms);
    free(load.final_ms);
    return status;
}

/* ---- the floor ---- */

struct asker {
    struct demo *floor;
    const char *method;
    double until;
    size_t count;
    pthread_t thread;
};

static void *ask(void *user)
{
    struct asker *asker = user;
    bool is_post = strcmp(asker->method, "POST") == 0;
    json_t *body = is_post ? json_pack("{s:s}", "sku", "apple") : NULL;

    while (seconds_now() < asker->until) {
        if (api_try(NULL, asker->floor,
                    &(struct call){ .service = USERS,
                                    .method = asker->method,
                                    .target = "/api/v1/orders",
                                    .body = body,
                                    .is_silent = true },
                    NULL) < 0)
            break;
        asker->count++;
    }
    json_decref(body);
    return NULL;
}

static double ask_for_a_while(struct demo *floor, const char *method)
{
    struct asker askers[CUSTOMERS_MOST];
    double began = seconds_now();
    size_t count = 0;
    size_t started = 0;

    for (; started < customers; started++) {
        askers[started] = (struct asker){ floor, method, began + FLOOR_SECONDS, 0, 0 };
        if (pthread_create(&askers[started].thread, NULL, ask, &askers[started]) != 0)
            break;
    }
    while (started > 0) {
        (void)pthread_join(askers[--started].thread, NULL);
        count += askers[started].count;
    }
    return (double)count / (seconds_now() - began);
}

/* The floor is started and asked as if it were user-service. */
static int start_floor(struct demo *floor, const char *program, struct msvc_error *err)
{
    struct program *running = &floor->running[USERS];
    char address[PATH_MAX];
    char *environment[] = { address, NULL };
    int failure;

    (void)snprintf(running->log_path, sizeof(running->log_path), "%s/log/floor", floor->folder);
    (void)snprintf(address, sizeof(address), "ADDRESS_FILE=%s/run/%s.address", floor->folder,
                   service_names[USERS]);
    running->name = "floor_microhttpd";
    running->started_ns = msvc_clock_monotonic_ns(NULL);
    failure = program_spawn(running, program, environment);
    if (failure != 0)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "bench", failure, "%s: %s", program,
                              strerror(failure));
    return program_wait_ready(floor, USERS, err);
}

static int measure_floor(const char *program, struct msvc_error *err)
{
    static struct demo floor;
    struct process_use use;
    double gets, posts;
    int status = folder_make(&floor, err);

    if (status == 0)
        status = api_open(&floor, err);
    if (status == 0)
        status = start_floor(&floor, program, err);
    if (status == 0) {
        gets = ask_for_a_while(&floor, "GET");
        posts = ask_for_a_while(&floor, "POST");
        process_use(&use, floor.running[USERS].pid);
        (void)printf("\nfloor: plain libmicrohttpd, %zu callers, one answer from memory\n",
                     customers);
        (void)printf("%-40s %9.0f per second\n%-40s %9.0f per second\n", "GET", gets, "POST",
                     posts);
        (void)printf("%-22s %5.1f ms %4.1f MiB %4.1f MiB %8d %7.2f ms per request\n",
                     "floor_microhttpd", floor.running[USERS].startup_ms, use.rss_mib, use.pss_mib,
                     use.threads, use.cpu_ms / ((gets + posts) * FLOOR_SECONDS));
    }
    (void)programs_stop(&floor);
    api_close(&floor);
    folder_remove(&floor);
    return status;
}

/* ---- */

static size_t number(const char *text, size_t most)
{
    unsigned long value = strtoul(text, NULL, 10);

    return value > 0 && value <= most ? value : most;
}

static const char *read_arguments(int argc, char **argv)
{
    const char *floor = NULL;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--programs") == 0)
            demo.programs = argv[i + 1];
        else if (strcmp(argv[i], "--stack") == 0)
            demo.stack = argv[i + 1];
        else if (strcmp(argv[i], "--floor") == 0)
            floor = argv[i + 1];
        else if (strcmp(argv[i], "--customers") == 0)
            customers = number(argv[i + 1], CUSTOMERS_MOST);
        else if (strcmp(argv[i], "--orders") == 0)
            orders = number(argv[i + 1], SHELF / 2);
        else if (strcmp(argv[i], "--idle") == 0)
            idle_seconds = (int)number(argv[i + 1], 60);
        else
            return NULL;
    }
    return demo.programs != NULL ? floor : NULL;
}

int main(int argc, char **argv)
{
    const char *floor = read_arguments(argc, argv);
    struct msvc_error err = { 0 };
    int status;

    if (floor == NULL) {
        (void)fprintf(stderr,
                      "usage: %s --programs FOLDER --floor PROGRAM [--stack NAME] [--customers N]"
                      " [--orders N] [--idle SECONDS]\n",
                      argv[0]);
        return 2;
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    print_machine();
    status = folder_make(&demo, &err);
    if (status == 0)
        status = api_open(&demo, &err);
    if (status == 0)
        status = programs_start(&demo, &err);
    if (status == 0)
        status = story_prepare(&demo, &err);
    if (status == 0)
        status = fill_shelf(&err);
    if (status == 0)
        status = measure_services(&err);
    if (programs_stop(&demo) != 0 && status == 0)
        status = msvc_error_set(&err, MSVC_ERR_STATE, "bench", 0, "a service did not drain");
    api_close(&demo);
    folder_remove(&demo);
    if (status == 0)
        status = measure_floor(floor, &err);
    if (status < 0)
        (void)fprintf(stderr, "bench_orders: %s\n", err.message);
    return status == 0 ? 0 : 1;
}
