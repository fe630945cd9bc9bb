/* SPDX-License-Identifier: MIT */
/*
 * One connection, three channels: publishes with confirms, deliveries, and
 * declarations that may fail without hurting the other two. Everything that
 * is not a question with an answer is written as frames into one buffer and
 * sent without waiting; librabbitmq reads, and asks the questions.
 */
#ifndef MSVC_DRIVERS_RABBITMQ_INTERNAL_H
#define MSVC_DRIVERS_RABBITMQ_INTERNAL_H

#include <amqp.h>
#include <amqp_framing.h>

#include <msvc/base.h>
#include <msvc/buffer.h>
#include <msvc/driver/bus.h>
#include <msvc/error.h>
#include <msvc/message.h>

#define RMQ_ORIGIN "rabbitmq"

/* A group's queue and the names made of it, with the final NUL: AMQP's limit is 255 bytes. */
#define RMQ_QUEUE_SIZE 221
#define RMQ_NAME_SIZE  256

#define RMQ_CHANNEL_PUBLISH 1
#define RMQ_CHANNEL_CONSUME 2
#define RMQ_CHANNEL_DECLARE 3

/* How many deliveries a group with order by key looks ahead behind those in flight. */
#define RMQ_LOOK_AHEAD 256

/* Headers that a delivery carries from one life to the next. */
#define RMQ_HEADER_ATTEMPTS "x-msvc-attempts"
#define RMQ_HEADER_TOPIC    "x-msvc-topic"
#define RMQ_HEADER_REASON   "x-msvc-reason"

struct rmq_config {
    struct msvc_url_host *hosts; /* names owned */
    size_t host_count;
    bool is_tls;
    bool keeps_unrouted;
    unsigned heartbeat_s;
    char *user;
    char *password;
    char *vhost;
    char *exchange;
    char *ca;
    char *cert;
    char *key;
};

enum rmq_delivery_state {
    RMQ_HELD,    /* here, not yet given to the core */
    RMQ_OPEN,    /* given to the core */
    RMQ_WAITING, /* for its retry, order by key only */
    RMQ_MOVING,  /* a copy is on its way to another queue; acknowledged when that is confirmed */
};

/* A message the broker gave us and that we have not acknowledged. */
struct rmq_delivery {
    struct rmq_delivery *next; /* in order of arrival */
    struct rmq_consumer *consumer;
    enum rmq_delivery_state state;
    uint64_t tag;
    uint64_t due_ns;
    unsigned attempt;
    uint64_t order;   /* hash of topic and key; 0: no order */
    amqp_pool_t pool; /* everything below */
    amqp_bytes_t topic;
    amqp_basic_properties_t properties;
    amqp_bytes_t body;
    size_t body_length; /* received so far */
    bool is_oversized;  /* its body is not kept */
    struct msvc_message message;
    struct msvc_message *structured; /* where message points to, when the payload was an event */
    char *reason;                    /* why it is parked */
    char target[RMQ_NAME_SIZE];      /* the queue it moves to */
    int delay_step;                  /* of that queue; −1: it is not one for delays */
};

struct rmq_consumer {
    struct rmq_consumer *next;
    const struct msvc_subscription *wanted;
    void *subscription; /* the core's */
    char queue[RMQ_QUEUE_SIZE];
    char tag[32];
    bool stands;
    unsigned open; /* deliveries the core has */
    struct rmq_delivery *first;
    struct rmq_delivery **last;
    unsigned declared; /* bits: which delay queues exist */
};

/* Something to be confirmed: the core's publish, or a delivery that moves. */
struct rmq_publish {
    struct rmq_publish *next;
    const struct msvc_message *message; /* NULL for a move */
    void *publish;                      /* the core's */
    struct rmq_delivery *move;
    uint64_t deadline_ns;
    char *refusal; /* returned as unroutable: why */
};

/* Publishes sent, by the number the broker confirms them with. */
struct rmq_sent {
    struct rmq_publish **slots; /* NULL: ended */
    size_t capacity;            /* a power of two */
    uint64_t first;
    uint64_t next;
    size_t open;
};

struct rmq {
    struct msvc_bus_host *host;
    struct rmq_config config;
    struct msvc_bus_capabilities capabilities;

    amqp_connection_state_t amqp; /* NULL while away */
    int fd;
    unsigned heartbeat_s; /* as agreed; 0: none */
    size_t frame_most;
    bool is_blocked;
    bool is_stopped;
    struct msvc_buffer out;
    uint64_t read_ns;
    uint64_t sent_ns;
    int lost; /* status; 0 while all is well */
    struct msvc_error why;

    size_t host_at; /* which host to try next */

    struct rmq_publish *unsent;
    struct rmq_publish **unsent_last;
    struct rmq_sent sent;
    size_t careful; /* publishes left to send one at a time */

    struct rmq_consumer *consumers;
    unsigned consumer_count;
    struct rmq_delivery *incoming; /* its frames are coming */
    bool in_return;                /* a publish that the broker returns: its frames are coming */
    unsigned return_code;
    char return_key[RMQ_NAME_SIZE];

    unsigned moving; /* deliveries on their way to another queue */
    bool has_moved;  /* one of them arrived in this run_once() */
    int reported;    /* callbacks made by this run_once() */
};

/* config.c */
int msvc__rmq_config_read(struct rmq_config *out, const struct msvc_url *url,
                          struct msvc_error *err);
void msvc__rmq_config_clear(struct rmq_config *config);

/* errors.c */
int msvc__rmq_status_of_code(unsigned code);
int msvc__rmq_library_error(struct msvc_error *err, int library, const char *doing);
int msvc__rmq_reply_error(struct msvc_error *err, amqp_rpc_reply_t reply, const char *doing);
/* The connection is no use any more; acted upon at the end of the step. */
void msvc__rmq_lose(struct rmq *r, int status, const char *format, ...) MSVC_PRINTF(3, 4);

/* connection.c */
int msvc__rmq_connect(struct rmq *r, struct msvc_error *err);
void msvc__rmq_disconnect(struct rmq *r, bool politely);
int msvc__rmq_open_publish_channel(struct rmq *r, struct msvc_error *err);

/* topology.c */
int msvc__rmq_declare_exchange(struct rmq *r, struct msvc_error *err);
int msvc__rmq_set_up(struct rmq *r, struct rmq_consumer *c, struct msvc_error *err);
int msvc__rmq_declare_delay(struct rmq *r, struct rmq_consumer *c, unsigned step,
                            struct msvc_error *err);
unsigned msvc__rmq_delay_step(unsigned delay_ms);
void msvc__rmq_delay_queue(char out[RMQ_NAME_SIZE], const struct rmq_consumer *c, unsigned step);

/* frames.c: queued, sent by flush; a failure loses the connection */
void msvc__rmq_put_method(struct rmq *r, amqp_channel_t channel, amqp_method_number_t id,
                          void *method);
/* MSVC_ERR_LIMIT when the headers do not fit a frame: then nothing was queued. */
int msvc__rmq_put_publish(struct rmq *r, const char *exchange, const char *routing_key,
                          amqp_basic_properties_t *properties, amqp_bytes_t body);
void msvc__rmq_put_heartbeat(struct rmq *r);
void msvc__rmq_flush(struct rmq *r);
/* Before a question to the broker. Until everything is sent or the connection is lost or the bus'
 * timeout passed. */
void msvc__rmq_flush_all(struct rmq *r);

/* encode.c */
int msvc__rmq_send_message(struct rmq *r, const struct msvc_message *message);
int msvc__rmq_send_move(struct rmq *r, const struct rmq_delivery *d);

/* decode.c: fill d->message; MSVC_ERR_MALFORMED or another status when it is no event of ours. */
int msvc__rmq_decode(struct rmq_delivery *d, struct msvc_error *err);
bool msvc__rmq_is_key(amqp_bytes_t key, const char *name);

/* publish.c */
void msvc__rmq_publish_append(struct rmq *r, struct rmq_publish *p);
void msvc__rmq_publish_step(struct rmq *r);
void msvc__rmq_publish_frame(struct rmq *r, const amqp_frame_t *frame);
void msvc__rmq_publish_expire(struct rmq *r);
void msvc__rmq_publish_lost(struct rmq *r, const char *reason);
void msvc__rmq_publish_clear(struct rmq *r);
/* Whether a step would send something. */
bool msvc__rmq_publish_is_due(const struct rmq *r);
uint64_t msvc__rmq_publish_deadline(const struct rmq *r);
/* Send d to the queue it names and tell msvc__rmq_moved(). */
int msvc__rmq_move(struct rmq *r, struct rmq_delivery *d);

/* consume.c */
void msvc__rmq_consume_frame(struct rmq *r, const amqp_frame_t *frame);
void msvc__rmq_pump(struct rmq *r);
int msvc__rmq_settle(struct rmq *r, uint64_t tag, enum msvc_disposition disposition,
                     unsigned delay_ms, const char *reason);
void msvc__rmq_moved(struct rmq *r, struct rmq_delivery *d, bool is_there);
void msvc__rmq_consume_lost(struct rmq *r);
void msvc__rmq_consume_stop(struct rmq *r);
uint64_t msvc__rmq_consume_due(const struct rmq *r);

#endif
