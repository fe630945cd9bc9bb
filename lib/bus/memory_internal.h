/* SPDX-License-Identifier: MIT */
/*
 * The broker behind `memory:`. Every function but open and close wants its
 * lock held.
 */
#ifndef MSVC_BUS_MEMORY_INTERNAL_H
#define MSVC_BUS_MEMORY_INTERNAL_H

#include <pthread.h>

#include <msvc/bus.h>

#include "bus/list_internal.h"

#define MSVC__MEMORY_LINE_BUCKETS 256

struct broker {
    struct link link; /* in the process's list; guarded by its lock */
    char *name;       /* NULL: private */
    unsigned generation;
    unsigned references; /* guarded by the list's lock */

    pthread_mutex_t lock; /* guards everything below */
    struct link groups;
    uint64_t entry_count;
    uint64_t entry_limit;
};

struct group {
    struct link link;
    char *name;
    char **patterns; /* ended by NULL; they only grow */
    size_t pattern_count;
    enum msvc_bus_order order;
    struct link members;
    struct link queue;   /* entries that may be delivered now */
    struct link delayed; /* entries that wait for their time, the earliest first */
    struct line *lines[MSVC__MEMORY_LINE_BUCKETS];
};

/* The entries of one (topic, key), in order; only the first is in a list of the group or a member.
 */
struct line {
    struct line *next; /* in its bucket */
    struct link entries;
};

/* One subscription of one bus. */
struct member {
    struct link link; /* in the group */
    struct group *group;
    void *subscription; /* the core's */
    unsigned max_in_flight;
    unsigned in_flight;
    struct link open; /* entries */
    int wake_fd;      /* of its bus */
};

/* One message, shared by the groups that want it. */
struct shared_message {
    struct msvc_message *message;
    unsigned references;
};

struct entry {
    struct link link;      /* in queue, delayed or a member's open */
    struct link line_link; /* in its line, if it has one */
    struct line *line;     /* NULL: no order */
    struct group *group;
    struct member *owner; /* while open */
    struct shared_message *shared;
    unsigned attempts;
    uint64_t due_ns; /* while delayed */
};

#define ENTRY_OF_LINE(at) ((struct entry *)(void *)((char *)(at)-offsetof(struct entry, line_link)))

int msvc__memory_open(struct broker **out, const char *name, uint64_t entry_limit);
void msvc__memory_close(struct broker *broker);

int msvc__memory_join(struct member **out, struct broker *broker,
                      const struct msvc_subscription *wanted);
void msvc__memory_leave(struct broker *broker, struct member *member);

/* For every group that wants it, all or none. @return 0, MSVC_ERR_LIMIT or MSVC_ERR_NOMEM. */
int msvc__memory_put(struct broker *broker, const struct msvc_message *message);

/* The next one for this member, now open; NULL when there is none. */
struct entry *msvc__memory_take(struct member *member, uint64_t now_ns);
void msvc__memory_done(struct broker *broker, struct entry *entry);
/* @param due_ns  0: at once. */
void msvc__memory_put_back(struct entry *entry, uint64_t due_ns);

/* When the next delayed entry is due, 0: never. */
uint64_t msvc__memory_due(const struct group *group);

#endif
