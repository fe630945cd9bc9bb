/* SPDX-License-Identifier: MIT */
/*
 * A bus here is a set of members and a descriptor that the broker makes
 * readable. A publish is in the queues when publish() returns; its outcome is
 * kept for run_once(), where outcomes belong.
 */
#include <msvc/bus/memory.h>

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <msvc/clock.h>
#include <msvc/driver/bus.h>
#include <msvc/error.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"
#include "base/os_internal.h"
#include "bus/memory_internal.h"

#define ORIGIN        "memory"
#define DEFAULT_LIMIT 1000000

struct outcome {
    void *publish;
    bool is_full;
};

struct handle {
    struct msvc_bus_host *host;
    struct broker *broker;
    int wake_fd;
    bool is_stopped;
    struct member **members;
    size_t member_count;
    struct outcome *outcomes;
    size_t outcome_count;
    size_t outcome_capacity;
};

static const struct msvc_bus_capabilities capabilities = {
    .has_groups = true,
    .has_key_order = true,
    .payload_most = MSVC_MESSAGE_PAYLOAD_MAX,
};

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, ORIGIN, 0, "out of memory");
}

static void memory_close(void *handle)
{
    struct handle *h = handle;

    if (h->broker != NULL && !h->host->is_inherited) {
        (void)pthread_mutex_lock(&h->broker->lock);
        for (size_t i = 0; i < h->member_count; i++)
            msvc__memory_leave(h->broker, h->members[i]);
        (void)pthread_mutex_unlock(&h->broker->lock);
        msvc__memory_close(h->broker);
    }
    if (h->wake_fd >= 0)
        (void)close(h->wake_fd);
    free(h->members);
    free(h->outcomes);
    free(h);
}

static int memory_open(void **out, const struct msvc_url *url, struct msvc_bus_host *host,
                       struct msvc_error *err)
{
    static const char *const known[] = { "limit", NULL };
    const char *name = msvc_url_path(url);
    uint64_t limit = DEFAULT_LIMIT;
    struct handle *h;
    int status = msvc_url_check_query(url, known, err);

    if (status == 0)
        status = msvc_url_query_number(&limit, url, "limit", DEFAULT_LIMIT, 1, INT_MAX, err);
    if (status < 0)
        return status;
    h = msvc__new(sizeof(*h));
    if (h == NULL)
        return no_memory(err);
    h->host = host;
    h->wake_fd = msvc__wake_open();
    if (h->wake_fd < 0 || msvc__memory_open(&h->broker, *name != '\0' ? name : NULL, limit) < 0) {
        memory_close(h);
        return no_memory(err);
    }
    *out = h;
    return 0;
}

static const struct msvc_bus_capabilities *memory_capabilities(const void *handle)
{
    (void)handle;
    return &capabilities;
}

static bool make_room(struct handle *h)
{
    size_t capacity = h->outcome_capacity > 0 ? h->outcome_capacity * 2 : 16;
    struct outcome *grown;

    if (h->outcome_count < h->outcome_capacity)
        return true;
    grown = msvc__grow(h->outcomes, capacity * sizeof(*grown));
    if (grown == NULL)
        return false;
    h->outcomes = grown;
    h->outcome_capacity = capacity;
    return true;
}

static int memory_publish(void *handle, const struct msvc_message *message, void *publish,
                          struct msvc_error *err)
{
    struct handle *h = handle;
    int status;

    if (!make_room(h))
        return no_memory(err);
    (void)pthread_mutex_lock(&h->broker->lock);
    status = msvc__memory_put(h->broker, message);
    (void)pthread_mutex_unlock(&h->broker->lock);
    if (status == MSVC_ERR_NOMEM)
        return no_memory(err);
    h->outcomes[h->outcome_count++] = (struct outcome){ publish, status == MSVC_ERR_LIMIT };
    return 0;
}

static int memory_subscribe(void *handle, const struct msvc_subscription *wanted,
                            void *subscription, struct msvc_error *err)
{
    struct handle *h = handle;
    struct member **grown = msvc__grow(h->members, (h->member_count + 1) * sizeof(struct member *));
    struct member *member = NULL;
    int status;

    if (grown == NULL)
        return no_memory(err);
    h->members = grown;
    (void)pthread_mutex_lock(&h->broker->lock);
    status = msvc__memory_join(&member, h->broker, wanted);
    if (status == 0) {
        member->subscription = subscription;
        member->wake_fd = h->wake_fd;
        h->members[h->member_count++] = member;
        msvc__wake_signal(h->wake_fd); /* there may be something already */
    }
    (void)pthread_mutex_unlock(&h->broker->lock);
    if (status == MSVC_ERR_UNSUPPORTED)
        return msvc_error_set(err, status, ORIGIN, 0, "group \"%s\" has another order",
                              wanted->group);
    return status < 0 ? no_memory(err) : 0;
}

static void memory_stop(void *handle)
{
    struct handle *h = handle;

    h->is_stopped = true;
}

static int memory_settle(void *handle, void *subscription, uint64_t tag,
                         enum msvc_disposition disposition, unsigned delay_ms, const char *reason,
                         struct msvc_error *err)
{
    struct handle *h = handle;
    struct entry *entry = (struct entry *)(uintptr_t)tag;

    (void)subscription;
    (void)reason;
    (void)err;
    (void)pthread_mutex_lock(&h->broker->lock);
    if (disposition == MSVC_DELIVERY_RETRY)
        msvc__memory_put_back(entry, delay_ms > 0 ? msvc_deadline_in(h->host->clock, delay_ms) : 0);
    else
        msvc__memory_done(h->broker, entry);
    (void)pthread_mutex_unlock(&h->broker->lock);
    return 0;
}

static int report_outcomes(struct handle *h)
{
    struct msvc_publish_result confirmed = { MSVC_PUBLISH_CONFIRMED, false, "" };
    struct msvc_publish_result full = { MSVC_PUBLISH_REFUSED, false, "the queues are full" };
    size_t count = h->outcome_count;

    h->outcome_count = 0;
    for (size_t i = 0; i < count; i++)
        h->host->published(h->host, h->outcomes[i].publish,
                           h->outcomes[i].is_full ? &full : &confirmed);
    return count < INT_MAX ? (int)count : INT_MAX;
}

static struct entry *take(struct handle *h, struct member *member)
{
    uint64_t now_ns = msvc_clock_monotonic_ns(h->host->clock);
    struct entry *entry;

    (void)pthread_mutex_lock(&h->broker->lock);
    entry = msvc__memory_take(member, now_ns);
    (void)pthread_mutex_unlock(&h->broker->lock);
    return entry;
}

/* An open entry is this member's alone, so that its message can be read without the lock. */
static int deliver(struct handle *h)
{
    int count = 0;

    for (size_t i = 0; i < h->member_count && !h->is_stopped; i++) {
        struct member *member = h->members[i];
        struct entry *entry;

        while ((entry = take(h, member)) != NULL) {
            h->host->delivered(h->host, member->subscription, entry->shared->message,
                               (uint64_t)(uintptr_t)entry, entry->attempts);
            count++;
        }
    }
    return count;
}

static int memory_timeout_ms(const void *handle)
{
    const struct handle *h = handle;
    int least = h->outcome_count > 0 ? 0 : -1;

    (void)pthread_mutex_lock(&h->broker->lock);
    for (size_t i = 0; i < h->member_count && !h->is_stopped; i++) {
        uint64_t due = msvc__memory_due(h->members[i]->group);
        int left = due != 0 ? msvc_deadline_left_ms(h->host->clock, due, INT_MAX) : -1;

        if (left >= 0 && (least < 0 || left < least) &&
            h->members[i]->in_flight < h->members[i]->max_in_flight)
            least = left;
    }
    (void)pthread_mutex_unlock(&h->broker->lock);
    return least;
}

static void wait_for_work(const struct handle *h, int timeout_ms)
{
    struct pollfd fds[] = { { .fd = h->wake_fd, .events = POLLIN },
                            { .fd = h->host->wake_fd, .events = POLLIN } };
    int own_ms = memory_timeout_ms(h);

    if (own_ms >= 0 && (timeout_ms < 0 || own_ms < timeout_ms))
        timeout_ms = own_ms;
    (void)poll(fds, 2, timeout_ms);
}

static int memory_run_once(void *handle, int timeout_ms, struct msvc_error *err)
{
    struct handle *h = handle;
    int count;

    (void)err;
    msvc__wake_clear(h->wake_fd);
    count = report_outcomes(h) + deliver(h);
    if (count > 0 || timeout_ms == 0)
        return count;
    wait_for_work(h, timeout_ms);
    msvc__wake_clear(h->wake_fd);
    return deliver(h);
}

static bool memory_is_connected(const void *handle)
{
    (void)handle;
    return true;
}

static int memory_fd(const void *handle)
{
    const struct handle *h = handle;

    return h->wake_fd;
}

static const char *const schemes[] = { "memory", NULL };

static const struct msvc_bus_driver driver = {
    .size = sizeof(driver),
    .schemes = schemes,
    .origin = ORIGIN,
    .open = memory_open,
    .close = memory_close,
    .capabilities = memory_capabilities,
    .publish = memory_publish,
    .subscribe = memory_subscribe,
    .stop = memory_stop,
    .settle = memory_settle,
    .run_once = memory_run_once,
    .is_connected = memory_is_connected,
    .fd = memory_fd,
    .timeout_ms = memory_timeout_ms,
    .holds_keys = true,
};

const struct msvc_bus_driver *msvc_bus_memory(void)
{
    return &driver;
}
