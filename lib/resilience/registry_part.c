/* SPDX-License-Identifier: MIT */
/*
 * An entry that somebody holds is in its bucket only; when the last one gives
 * it back it becomes the newest of the list. So room is made from the other
 * end, and what may not go, because it is open, goes to the front: it is not
 * looked at again before everything else was.
 */
#include "resilience/registry_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/breaker.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

/* Entries that making room looks at. */
#define LOOKED_AT 64

int msvc__part_init(struct msvc__part *part, size_t limit)
{
    size_t buckets = 1;

    while (buckets < limit)
        buckets *= 2;
    part->buckets = msvc__new_array(buckets, sizeof(*part->buckets));
    if (part->buckets == NULL)
        return MSVC_ERR_NOMEM;
    if (pthread_mutex_init(&part->lock, NULL) != 0) {
        free(part->buckets);
        part->buckets = NULL;
        return MSVC_ERR_NOMEM;
    }
    part->bucket_mask = buckets - 1;
    part->limit = limit;
    return 0;
}

void msvc__entry_free(struct msvc__entry *entry)
{
    if (entry == NULL)
        return;
    msvc_breaker_free(entry->breaker);
    free(entry);
}

void msvc__part_clear(struct msvc__part *part)
{
    if (part->buckets == NULL)
        return;
    for (size_t i = 0; i <= part->bucket_mask; i++) {
        while (part->buckets[i] != NULL) {
            struct msvc__entry *entry = part->buckets[i];

            part->buckets[i] = entry->next;
            msvc__entry_free(entry);
        }
    }
    free(part->buckets);
    (void)pthread_mutex_destroy(&part->lock);
}

struct msvc__entry *msvc__part_find(struct msvc__part *part, uint64_t hash, const char *name)
{
    struct msvc__entry *entry = part->buckets[hash & part->bucket_mask];

    while (entry != NULL && (entry->hash != hash || strcmp(entry->name, name) != 0))
        entry = entry->next;
    return entry;
}

static void link_newest(struct msvc__part *part, struct msvc__entry *entry)
{
    entry->newer = NULL;
    entry->older = part->newest;
    if (part->newest != NULL)
        part->newest->newer = entry;
    else
        part->oldest = entry;
    part->newest = entry;
}

static void unlink_entry(struct msvc__part *part, struct msvc__entry *entry)
{
    if (entry->newer != NULL)
        entry->newer->older = entry->older;
    else
        part->newest = entry->older;
    if (entry->older != NULL)
        entry->older->newer = entry->newer;
    else
        part->oldest = entry->newer;
}

void msvc__part_add(struct msvc__part *part, struct msvc__entry *entry)
{
    struct msvc__entry **bucket = &part->buckets[entry->hash & part->bucket_mask];

    entry->next = *bucket;
    *bucket = entry;
    entry->holders = 1;
    part->count++;
}

void msvc__part_hold(struct msvc__part *part, struct msvc__entry *entry)
{
    if (entry->holders++ == 0)
        unlink_entry(part, entry);
}

void msvc__part_release(struct msvc__part *part, struct msvc__entry *entry, uint64_t now_ns)
{
    if (--entry->holders > 0)
        return;
    entry->given_back_ns = now_ns;
    link_newest(part, entry);
}

static void drop(struct msvc__part *part, struct msvc__entry *entry)
{
    struct msvc__entry **link = &part->buckets[entry->hash & part->bucket_mask];

    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    unlink_entry(part, entry);
    part->count--;
    msvc__entry_free(entry);
}

static bool is_on_its_own(enum msvc_breaker_state state)
{
    return state == MSVC_BREAKER_CLOSED || state == MSVC_BREAKER_RAMPING;
}

bool msvc__part_make_room(struct msvc__part *part)
{
    for (unsigned i = 0; i < LOOKED_AT && part->oldest != NULL; i++) {
        struct msvc__entry *entry = part->oldest;

        if (entry->visitors == 0 && is_on_its_own(msvc_breaker_state(entry->breaker))) {
            drop(part, entry);
            return true;
        }
        unlink_entry(part, entry);
        link_newest(part, entry);
    }
    return false;
}

/* Whether it was set by hand, or is open and not done with it. */
static bool must_stay(const struct msvc__entry *entry, uint64_t now_ns)
{
    struct msvc_breaker_snapshot snapshot;

    msvc_breaker_snapshot(entry->breaker, now_ns, &snapshot);
    return entry->visitors > 0 || snapshot.state > MSVC_BREAKER_RAMPING ||
           (snapshot.state == MSVC_BREAKER_OPEN && now_ns < snapshot.open_until_ns);
}

size_t msvc__part_sweep(struct msvc__part *part, uint64_t before_ns, uint64_t now_ns)
{
    struct msvc__entry *entry = part->oldest;
    size_t gone = 0;

    while (entry != NULL) {
        struct msvc__entry *newer = entry->newer;

        if (entry->given_back_ns <= before_ns && !must_stay(entry, now_ns)) {
            drop(part, entry);
            gone++;
        }
        entry = newer;
    }
    return gone;
}
