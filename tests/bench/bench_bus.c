/* SPDX-License-Identifier: MIT */
/*
 * Messages published, confirmed, handled and acknowledged through one bus on
 * one thread, and rows of an outbox relayed. Beside them, what no durable
 * engine can do without: a write that is forced to the disk.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/bus.h>
#include <msvc/bus/memory.h>
#include <msvc/bus/sqlite.h>
#include <msvc/error.h>
#include <msvc/outbox.h>
#include <msvc/relay.h>
#include <msvc/store.h>
#include <msvc/store/sqlite.h>
#ifdef HAVE_POSTGRES
#include <msvc/bus/postgres.h>
#include <msvc/store/postgres.h>
#endif
#ifdef HAVE_RABBITMQ
#include <msvc/bus/rabbitmq.h>
#endif

#include "measure.h"

#define SECONDS     2.0
#define OUTSTANDING 256
#define KEYS        64
#define ROWS        4000

static const char payload[200] = { '{' };
static const struct msvc_bus_driver *buses[5];
static const struct msvc_store_driver *stores[3];

static void check(int status, const struct msvc_error *err)
{
    if (status >= 0)
        return;
    (void)fprintf(stderr, "bench_bus: %s\n", err->message);
    exit(1);
}

static void list_drivers(void)
{
    size_t bus = 0;
    size_t store = 0;

    buses[bus++] = msvc_bus_memory();
    buses[bus++] = msvc_bus_sqlite();
    stores[store++] = msvc_store_sqlite();
#ifdef HAVE_POSTGRES
    buses[bus++] = msvc_bus_postgres();
    stores[store++] = msvc_store_postgres();
#endif
#ifdef HAVE_RABBITMQ
    buses[bus++] = msvc_bus_rabbitmq();
#endif
}

static enum msvc_disposition handle(struct msvc_delivery *delivery, void *user)
{
    size_t *handled = user;

    (void)delivery;
    ++*handled;
    return MSVC_DELIVERY_ACK;
}

static struct msvc_bus *open_bus(const char *url, size_t *handled)
{
    struct msvc_bus *bus;
    struct msvc_error err;

    check(msvc_bus_open(&bus, url, buses, NULL, &err), &err);
    check(
        msvc_bus_subscribe(bus,
                           MSVC_SUBSCRIPTION(.group = "bench", .topics = MSVC_TOPICS("orders"),
                                             .order = MSVC_ORDER_KEY, .max_in_flight = OUTSTANDING,
                                             .handler = handle, .user = handled),
                           &err),
        &err);
    while (!msvc_bus_is_connected(bus))
        check(msvc_bus_run_once(bus, 1000, &err), &err);
    return bus;
}

static void publish(struct msvc_bus *bus, size_t index)
{
    struct msvc_error err;
    char key[16];

    (void)snprintf(key, sizeof(key), "k%zu", index % KEYS);
    check(msvc_bus_publish(bus,
                           MSVC_MESSAGE(.type = "order.created", .topic = "orders", .key = key,
                                        .payload = payload, .payload_length = sizeof(payload)),
                           NULL, NULL, &err),
          &err);
}

static void measure_bus(const char *name, const char *url)
{
    size_t handled = 0;
    size_t published = 0;
    double began, cpu_ms;
    struct msvc_error err;
    struct msvc_bus *bus;

    if (url == NULL) {
        (void)printf("%-34s %12s\n", name, "no server");
        return;
    }
    bus = open_bus(url, &handled);
    began = seconds_now();
    cpu_ms = own_cpu_ms();
    while (seconds_now() - began < SECONDS) {
        while (published - handled < OUTSTANDING)
            publish(bus, published++);
        check(msvc_bus_run_once(bus, 100, &err), &err);
    }
    (void)printf("%-34s %12.0f %15.1f us\n", name, (double)handled / (seconds_now() - began),
                 (own_cpu_ms() - cpu_ms) * 1e3 / (double)handled);
    check(msvc_bus_drain(bus, 5000, &err), &err);
    msvc_bus_close(bus);
}

static void measure_disk(const char *folder)
{
    static const char page[4096] = { 1 };
    double began = seconds_now();
    char path[256];
    long count = 0;
    int fd;

    (void)snprintf(path, sizeof(path), "%s/floor", folder);
    fd = open(path, O_RDWR | O_CREAT, 0600);
    while (fd >= 0 && seconds_now() - began < 1.0) {
        if (pwrite(fd, page, sizeof(page), 4096 * (count % 64)) < 0 || fdatasync(fd) != 0)
            exit(1);
        count++;
    }
    if (fd >= 0)
        (void)close(fd);
    (void)printf("%-34s %12ld\n", "floor: 4 KiB forced to the disk", count);
}

/* ---- the relay ---- */

static int append_all(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    int status = 0;

    (void)user;
    for (int i = 0; status == 0 && i < ROWS; i++) {
        char key[16];

        (void)snprintf(key, sizeof(key), "k%d", i % KEYS);
        status =
            msvc_outbox_append(tx,
                               MSVC_MESSAGE(.type = "order.created", .topic = "orders", .key = key,
                                            .payload = payload, .payload_length = sizeof(payload)),
                               NULL, err);
    }
    return status;
}

static void measure_relay(const char *name, const char *store_url, const char *bus_url)
{
    struct msvc_store *store;
    struct msvc_relay *relay;
    struct msvc_bus *bus;
    struct msvc_error err;
    double began, cpu_ms, took;

    if (store_url == NULL || bus_url == NULL) {
        (void)printf("%-34s %12s\n", name, "no server");
        return;
    }
    check(msvc_store_open(&store, store_url, stores, NULL, &err), &err);
    check(msvc_outbox_migrate(store, &err), &err);
    check(msvc_store_transact(store, NULL, append_all, NULL, &err), &err);
    check(msvc_bus_open(&bus, bus_url, buses, NULL, &err), &err);
    check(msvc_relay_new(&relay, store, bus, NULL, &err), &err);
    began = seconds_now();
    cpu_ms = own_cpu_ms();
    check(msvc_relay_flush(relay, 20000, &err), &err);
    took = seconds_now() - began;
    (void)printf("%-34s %12.0f %15.1f us\n", name, ROWS / took,
                 (own_cpu_ms() - cpu_ms) * 1e3 / ROWS);
    msvc_relay_free(relay);
    msvc_bus_close(bus);
    msvc_store_close(store);
}

int main(int argc, char **argv)
{
    bool is_relay = argc == 2 && strcmp(argv[1], "relay") == 0;
    const char *postgres = getenv("POSTGRES_URL");
    const char *rabbitmq = getenv("RABBITMQ_URL");
    char folder[] = "/tmp/msvc-bench-XXXXXX";
    char bus[64], store[64], clean[64];

    if (mkdtemp(folder) == NULL)
        return 1;
    (void)snprintf(bus, sizeof(bus), "sqlite:%s/bus.db", folder);
    (void)snprintf(store, sizeof(store), "sqlite:%s/store.db", folder);
    list_drivers();
    print_machine();
    (void)printf("%-34s %12s %18s\n", is_relay ? "rows relayed" : "published and handled",
                 "per second", "our CPU each");
    measure_disk(folder);
    if (is_relay) {
        size_t handled = 0;

        if (rabbitmq != NULL)
            msvc_bus_close(open_bus(rabbitmq, &handled)); /* a queue that keeps what is relayed */
        measure_relay("sqlite to rabbitmq", store, rabbitmq);
        measure_relay("postgres to rabbitmq", postgres, rabbitmq);
    } else {
        measure_bus("memory", "memory:");
        measure_bus("sqlite", bus);
        measure_bus("postgres", postgres);
        measure_bus("rabbitmq", rabbitmq);
    }
    (void)snprintf(clean, sizeof(clean), "rm -rf %s", folder);
    return system(clean) == 0 ? 0 : 1;
}
