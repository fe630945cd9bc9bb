/* SPDX-License-Identifier: MIT */
/* Shows what happened, so that a person understands it at a glance. */
#include "demo.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>

#include "tree.h"

#define SPANS_TIMEOUT_MS 8000
#define MAIL_TIMEOUT_MS  10000
#define MAIL_LIMIT       64

/* Services export every second or so: wait until the trace is whole. */
static int read_whole_trace(struct spans *spans, const struct demo *demo, struct msvc_error *err)
{
    const struct story_order *order = &story_orders[0];
    uint64_t deadline = msvc_deadline_in(NULL, SPANS_TIMEOUT_MS);

    for (;;) {
        int status = spans_read(spans, demo, err);
        size_t services;

        if (status < 0)
            return status;
        services = spans_count_services(spans, order->trace_id);
        if (services == SERVICE_COUNT)
            return 0;
        if (msvc_deadline_left_ms(NULL, deadline, SPANS_TIMEOUT_MS) == 0) {
            spans_free(spans);
            return msvc_error_set(err, MSVC_ERR_TIMEOUT, "demo", 0,
                                  "trace %s has spans of %zu services, expected %d",
                                  order->trace_id, services, SERVICE_COUNT);
        }
        spans_free(spans);
        (void)poll(NULL, 0, 100);
    }
}

static int show_list(struct demo *demo, enum service service, const char *target, const char *token,
                     const char *const *members, struct msvc_error *err)
{
    json_t *answer = NULL;
    const json_t *item;
    size_t i;
    int status = api_call(&answer, demo,
                          &(struct call){ .service = service,
                                          .target = target,
                                          .token = token,
                                          .expected = 200,
                                          .is_silent = true },
                          err);

    if (status < 0)
        return status;
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        (void)printf("   ");
        for (const char *const *member = members; *member != NULL; member++) {
            const json_t *value = json_object_get(item, *member);

            if (json_is_string(value))
                (void)printf(" %s=%s", *member, json_string_value(value));
            else
                (void)printf(" %s=%" JSON_INTEGER_FORMAT, *member, json_integer_value(value));
        }
        (void)printf("\n");
    }
    json_decref(answer);
    return 0;
}

static int show_states(struct demo *demo, struct msvc_error *err)
{
    static const char *const order[] = { "id", "status", NULL };
    static const char *const stock[] = { "sku", "free", "reserved", NULL };
    static const char *const note[] = { "kind", "channel", "state", NULL };
    int status;

    (void)printf("\nFinal states\n  orders\n");
    status = show_list(demo, ORDERS, "/api/v1/orders", demo->customer_token, order, err);
    if (status == 0) {
        (void)printf("  stock\n");
        status = show_list(demo, INVENTORY, "/api/v1/stock", demo->staff_token, stock, err);
    }
    if (status == 0) {
        (void)printf("  notifications\n");
        status = show_list(demo, NOTIFICATIONS, "/api/v1/notifications", demo->customer_token, note,
                           err);
    }
    return status;
}

/* The subject is an encoded word; the kind of letter is told by the notifications above. */
static void show_mail(const char *folder, const char *name)
{
    char path[PATH_MAX];
    char line[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL && line[0] != '\r') {
        line[strcspn(line, "\r\n")] = '\0';
        if (strncmp(line, "To: ", 4) == 0)
            (void)printf("    %.13s… %s\n", name, strrchr(line, ' ') + 1);
    }
    if (file != NULL)
        (void)fclose(file);
}

static size_t count_mails(const char *folder, bool shows)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    size_t count = 0;

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        size_t length = strlen(entry->d_name);

        if (entry->d_name[0] == '.' || length < 5 ||
            strcmp(entry->d_name + length - 4, ".eml") != 0)
            continue;
        count++;
        if (shows && count <= MAIL_LIMIT)
            show_mail(folder, entry->d_name);
    }
    if (directory != NULL)
        (void)closedir(directory);
    return count;
}

/* Welcome, three orders received, one confirmed, two cancelled, one declined. */
static int show_mails(const struct demo *demo, struct msvc_error *err)
{
    const size_t expected = 8;
    uint64_t deadline = msvc_deadline_in(NULL, MAIL_TIMEOUT_MS);
    char folder[PATH_MAX];
    size_t count;

    (void)snprintf(folder, sizeof(folder), "%s/mail", demo->folder);
    while ((count = count_mails(folder, false)) < expected &&
           msvc_deadline_left_ms(NULL, deadline, MAIL_TIMEOUT_MS) > 0)
        (void)poll(NULL, 0, 50);
    (void)printf("\nE-mails (%s)\n", folder);
    (void)count_mails(folder, true);
    if (count != expected)
        return msvc_error_set(err, MSVC_ERR_STATE, "demo", 0,
                              "%zu e-mails were written, expected %zu", count, expected);
    return 0;
}

/* Kilobytes of a line such as "VmRSS:   4321 kB"; 0 when there is none. */
static long memory_of(pid_t pid, const char *file, const char *name)
{
    char path[64];
    char line[256];
    long kilobytes = 0;
    FILE *status;

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    status = fopen(path, "r");
    while (status != NULL && kilobytes == 0 && fgets(line, sizeof(line), status) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            kilobytes = strtol(line + strlen(name), NULL, 10);
    }
    if (status != NULL)
        (void)fclose(status);
    return kilobytes;
}

static void show_programs(const struct demo *demo)
{
    (void)printf("\nPrograms\n  %-24s %8s %10s %10s %10s\n", "", "pid", "start", "memory",
                 "of its own");
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        const struct program *program = &demo->running[i];

        if (program->pid != 0)
            (void)printf("  %-24s %8d %7.1f ms %7.1f MB %7.1f MB\n", program->name,
                         (int)program->pid, program->startup_ms,
                         (double)memory_of(program->pid, "status", "VmRSS:") / 1024,
                         (double)memory_of(program->pid, "smaps_rollup", "Pss:") / 1024);
    }
}

void report_urls(const struct demo *demo)
{
    (void)printf("\nStill running; try\n\n");
    (void)printf("  TOKEN=%s\n\n", demo->customer_token);
    (void)printf("  curl -s http://%s/health\n", demo->addresses[ORDERS]);
    (void)printf("  curl -s -H \"Authorization: Bearer $TOKEN\" http://%s/api/v1/orders\n",
                 demo->addresses[ORDERS]);
    (void)printf(
        "  curl -s -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n"
        "       -d '{\"items\":[{\"sku\":\"apple\",\"quantity\":1}]}' http://%s/api/v1/orders\n",
        demo->addresses[ORDERS]);
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        (void)printf("  %-22s http://%s\n", service_names[i], demo->addresses[i]);
    (void)printf("\nCtrl-C stops everything.\n");
    (void)fflush(stdout);
}

int report(struct demo *demo, struct msvc_error *err)
{
    struct spans spans;
    int status = show_mails(demo, err);

    if (status == 0)
        status = read_whole_trace(&spans, demo, err);
    if (status < 0)
        return status;
    (void)printf("\nTimeline of \"%s\" (ms since it was placed)\n", story_orders[0].title);
    show_timeline(&spans, story_orders[0].trace_id);
    (void)printf("\nTrace %s, as a tree\n", story_orders[0].trace_id);
    show_tree(&spans, story_orders[0].trace_id);
    spans_free(&spans);
    status = show_states(demo, err);
    show_programs(demo);
    (void)printf("\nLogs: %s/log  data: %s/data  traces: %s/traces\n", demo->folder, demo->folder,
                 demo->folder);
    return status;
}
