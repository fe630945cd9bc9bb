/* SPDX-License-Identifier: MIT */
/* The demonstration: what its files share. */
#ifndef DEMO_H
#define DEMO_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SERVICE_COUNT 5
#define ADDRESS_SIZE  64

struct json_t;
struct msvc_error;
struct msvc_http_client;
struct msvc_http_transport;
struct msvc_log;
struct msvc_tracer;

/* The services, in the order they start. */
enum service {
    USERS,
    INVENTORY,
    ORDERS,
    PAYMENTS,
    NOTIFICATIONS,
};

extern const char *const service_names[SERVICE_COUNT];
extern const char *const service_prefixes[SERVICE_COUNT];

/* A program that runs one service, or all of them. */
struct program {
    const char *name;
    const char *file; /* NULL: the one with its name; else another build of it */
    pid_t pid;        /* 0: not running */
    char log_path[PATH_MAX];
    uint64_t started_ns;
    double startup_ms; /* from there to the first 200 on /readyz */
};

struct demo {
    const char *programs; /* the folder of the built services */
    const char *stack;
    bool runs_once, is_monolith, is_chaotic, keeps_data;

    char folder[PATH_MAX - 256]; /* everything is below */
    struct program running[SERVICE_COUNT];
    char addresses[SERVICE_COUNT][ADDRESS_SIZE]; /* "127.0.0.1:41235", fixed once known */

    struct msvc_tracer *tracer; /* of the demonstration's own calls */
    struct msvc_http_client *traced,
        *silent; /* silent: for questions that are not part of the story */
    struct msvc_http_transport *calls[SERVICE_COUNT];
    struct msvc_http_transport *questions[SERVICE_COUNT];

    char *staff_token;
    char *customer_token;
    char *customer_id;
};

/* folder.c: a new temporary folder. */
int folder_make(struct demo *demo, struct msvc_error *err);
void folder_remove(const struct demo *demo);

/* program.c */
/* Its output goes to program->log_path. 0, or an errno. */
int program_spawn(struct program *program, const char *path, char *const *environment);
int programs_start(struct demo *demo, struct msvc_error *err);
int program_start(struct demo *demo, enum service service, struct msvc_error *err);
int program_wait_ready(struct demo *demo, enum service service, struct msvc_error *err);
/* SIGTERM, and SIGKILL for those that do not follow. 0 when all of them drained. */
int programs_stop(struct demo *demo);
void program_kill(struct demo *demo, enum service service);
/* SIGTERM, and wait until it has drained. */
int program_stop(struct demo *demo, enum service service, struct msvc_error *err);
/* Whether Ctrl-C was pressed: what waits gives up. The signals are blocked and stay pending. */
bool is_interrupted(void);
int interrupted(struct msvc_error *err);
/* Which of running[] runs that service. */
struct program *program_of(struct demo *demo, enum service service);

/* settings.c: the environment of a program; each entry and the list are malloc()ed. NULL when out
 * of memory. */
char **settings_for(const struct demo *demo, enum service service);
void settings_free(char **environment);

/* api.c: one call; the answer's JSON is the caller's (may be NULL). Any other status than expected
 * is an error. */
struct call {
    enum service service;
    const char *method;
    const char *target;
    const char *token;
    const struct json_t *body;
    const char *idempotency_key;
    int expected;      /* HTTP status; 0: any */
    int timeout_ms;    /* 0: the client's */
    bool *is_replayed; /* optional: whether it is the answer to an earlier call with that key */
    bool is_silent;
};

int api_open(struct demo *demo, struct msvc_error *err);
void api_close(struct demo *demo);
int api_call(struct json_t **answer, struct demo *demo, const struct call *call,
             struct msvc_error *err);
/* The HTTP status of a call whose outcome may be anything; negative when there was no answer. */
int api_try(struct json_t **answer, struct demo *demo, const struct call *call,
            struct msvc_error *err);

/* story.c: what happens. */
enum { STORY_ORDERS = 3 };
struct story_order {
    const char *title;
    const char *sku;
    int64_t quantity;
    const char *expected_state;
    char id[64];
    char state[32];
    char trace_id[33];
};
extern struct story_order story_orders[STORY_ORDERS];

enum { STORY_SHELVES = 2 };
struct shelf {
    const char *sku;
    int64_t quantity;
    int64_t price;
};
extern const struct shelf story_shelves[STORY_SHELVES];

int story_prepare(struct demo *demo, struct msvc_error *err);
int story_tell(struct demo *demo, struct msvc_error *err);
int story_restock(struct demo *demo, const char *sku, int64_t quantity, struct msvc_error *err);

/* spans.c: what the trace files hold. */
struct span {
    char trace_id[33], id[17], parent_id[17];
    char service[40];
    char name[80];
    int kind;
    int64_t start_ns, end_ns;
    bool is_error;
};
struct spans {
    struct span *items;
    size_t count;
};

int spans_read(struct spans *out, const struct demo *demo, struct msvc_error *err);
void spans_free(struct spans *spans);
/* How many services have spans of that trace. */
size_t spans_count_services(const struct spans *spans, const char *trace_id);

/* report.c: what is shown. */
int report(struct demo *demo, struct msvc_error *err);
void report_urls(const struct demo *demo);

/* chaos.c */
int chaos_run(struct demo *demo, struct msvc_error *err);

#endif
