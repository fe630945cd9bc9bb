/* SPDX-License-Identifier: MIT */
/*
 * One part of a registry: a hash table under a lock, and a list of those that
 * nobody holds, the longest unheld last.
 */
#ifndef MSVC_RESILIENCE_REGISTRY_INTERNAL_H
#define MSVC_RESILIENCE_REGISTRY_INTERNAL_H

#include <pthread.h>

#include <msvc/base.h>

struct msvc_breaker;

struct msvc__entry {
    struct msvc__entry *next;  /* of the same bucket */
    struct msvc__entry *newer; /* in the list of those that nobody holds */
    struct msvc__entry *older;
    struct msvc_breaker *breaker;
    uint64_t hash;
    uint64_t given_back_ns;
    size_t holders;
    size_t visitors;
    char name[];
};

struct msvc__part {
    pthread_mutex_t lock; /* guards everything below */
    struct msvc__entry **buckets;
    size_t bucket_mask;
    size_t count;
    size_t limit;
    struct msvc__entry *newest;
    struct msvc__entry *oldest;
};

/* Returns a status; a part of zeros may be cleared. */
int msvc__part_init(struct msvc__part *part, size_t limit);
void msvc__part_clear(struct msvc__part *part);

/* All of these with the lock held. */
struct msvc__entry *msvc__part_find(struct msvc__part *part, uint64_t hash, const char *name);
void msvc__part_add(struct msvc__part *part, struct msvc__entry *entry);
void msvc__part_hold(struct msvc__part *part, struct msvc__entry *entry);
void msvc__part_release(struct msvc__part *part, struct msvc__entry *entry, uint64_t now_ns);

/* Remove the longest unheld that may go; false when none may. */
bool msvc__part_make_room(struct msvc__part *part);

/* Remove what was given back before; how many. */
size_t msvc__part_sweep(struct msvc__part *part, uint64_t before_ns, uint64_t now_ns);

/* Free an entry that is in no part. */
void msvc__entry_free(struct msvc__entry *entry);

#endif
