/* SPDX-License-Identifier: MIT */
/* A bus on the private RabbitMQ of the test run, and a way past the driver to the broker. */
#ifndef MSVC_TEST_RABBITMQ_SUPPORT_H
#define MSVC_TEST_RABBITMQ_SUPPORT_H

#include <stdbool.h>

#include <amqp.h>

#include <msvc/bus.h>
#include <msvc/bus/rabbitmq.h>
#include <msvc/error.h>
#include <msvc/message.h>

#include "test.h"

#define SEEN_MOST 4096

struct seen {
    char key[16];
    char payload[32];
    char type[64];
    unsigned attempt;
    uint64_t at_ns;
};

/* A handler's user pointer: what came, and what to answer. */
struct recorder {
    struct seen seen[SEEN_MOST];
    unsigned count;
    enum msvc_disposition answer; /* ACK unless set */
    const char *answer_for;       /* NULL: for every payload */
    unsigned answer_times;        /* then ACK; 0: always */
    int delay_ms;                 /* of a retry; −1: the subscription's */
    struct msvc_delivery *later[64];
    unsigned later_count;
    bool keeps; /* answer LATER */
};

struct fixture {
    char url[512];
    char exchange[64]; /* this test's own */
    struct msvc_bus *buses[4];
    unsigned bus_count;
    struct recorder *recorder;
    struct recorder *other;
    unsigned outcomes[3];
    unsigned permanent;
    char reason[256]; /* of the last outcome that was not CONFIRMED */
};

int rabbitmq_setup(void **state);
int rabbitmq_teardown(void **state);

/* `query` is appended to the URL: "&heartbeat=1". */
struct msvc_bus *open_bus(struct fixture *f, const char *query);
struct msvc_bus *open_url(struct fixture *f, const char *url, unsigned timeout_ms);
void close_bus(struct fixture *f, struct msvc_bus *bus);
void subscribe(struct msvc_bus *bus, const struct msvc_subscription *subscription);
void publish(struct fixture *f, struct msvc_bus *bus, const char *type, const char *key,
             const char *payload);
msvc_delivery_fn record;
msvc_published_fn count_outcome;

/* Run all buses until `*count` is at least `wanted`, at most ten seconds. */
void wait_for(struct fixture *f, const unsigned *count, unsigned wanted);
void wait_until_connected(struct fixture *f, struct msvc_bus *bus);
void run_for(struct fixture *f, int ms);

/* The broker itself, without the driver. Ends the test when it fails. */
amqp_connection_state_t admin_open(void);
void admin_close(amqp_connection_state_t admin);
unsigned admin_count(const char *queue);
void admin_publish(const char *exchange, const char *routing_key,
                   const amqp_basic_properties_t *properties, const char *payload);

/* The server of this run: its script's command ("kill", "start", "restart"), its pid. */
void server(const char *command);
int server_pid(void);

/* A TCP proxy in front of the broker whose connections can be cut. */
struct proxy;
struct proxy *proxy_start(unsigned short *port);
void proxy_cut(struct proxy *proxy);
void proxy_stop(struct proxy *proxy);

#endif
