/* SPDX-License-Identifier: MIT */
/*
 * Names are hashed with a key of this process, so that nobody can choose names
 * that meet in one bucket. A breaker is made outside of the lock; who comes
 * second throws his own away.
 */
#include <msvc/breaker_registry.h>

#include <stdlib.h>
#include <string.h>

#include <msvc/breaker.h>
#include <msvc/clock.h>
#include <msvc/random.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "resilience/breaker_internal.h"
#include "resilience/registry_internal.h"

#define PARTS       16
#define PARTED_FROM 256
#define NS_PER_MS   1000000

struct msvc_breaker_registry {
    struct msvc_breaker_registry_options options; /* constant, as all but the parts */
    struct msvc_breaker_options breaker;
    uint64_t key;
    unsigned parts_count;
    struct msvc__part parts[PARTS];
};

static int fill_in(struct msvc_breaker_registry *registry,
                   const struct msvc_breaker_registry_options *options)
{
    struct msvc_breaker_registry_options *o = &registry->options;
    int status = msvc__options_copy(o, sizeof(*o), options);

    if (status == 0)
        status = msvc__options_copy(&registry->breaker, sizeof(registry->breaker), o->breaker);
    if (status < 0)
        return status;
    o->breaker = NULL;
    registry->breaker.size = sizeof(registry->breaker);
    o->max_count = o->max_count != 0 ? o->max_count : 1024;
    o->idle_ms = o->idle_ms != 0 ? o->idle_ms : 600000;
    return o->max_count <= MSVC_BREAKER_REGISTRY_MAX ? 0 : MSVC_ERR_INVALID;
}

/* The first parts are one larger where it does not come out even. */
static int set_up_parts(struct msvc_breaker_registry *registry)
{
    unsigned max = registry->options.max_count;
    int status = 0;

    registry->parts_count = max < PARTED_FROM ? 1 : PARTS;
    for (unsigned i = 0; i < registry->parts_count && status == 0; i++)
        status = msvc__part_init(&registry->parts[i],
                                 max / registry->parts_count + (i < max % registry->parts_count));
    return status;
}

int msvc_breaker_registry_new(struct msvc_breaker_registry **out,
                              const struct msvc_breaker_registry_options *options)
{
    struct msvc_breaker_registry *registry;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    registry = msvc__new(sizeof(*registry));
    if (registry == NULL)
        return MSVC_ERR_NOMEM;
    status = fill_in(registry, options);
    if (status == 0)
        status = set_up_parts(registry);
    if (status < 0) {
        msvc_breaker_registry_free(registry);
        return status;
    }
    msvc_random_fill(registry->breaker.random, &registry->key, sizeof(registry->key));
    *out = registry;
    return 0;
}

void msvc_breaker_registry_free(struct msvc_breaker_registry *registry)
{
    if (registry == NULL)
        return;
    for (unsigned i = 0; i < PARTS; i++)
        msvc__part_clear(&registry->parts[i]);
    free(registry);
}

static uint64_t now_of(const struct msvc_breaker_registry *registry, uint64_t now_ns)
{
    return now_ns != 0 ? now_ns : msvc_clock_monotonic_ns(registry->breaker.clock);
}

/* FNV-1a from a secret start, with the bits mixed at the end. */
static uint64_t hash_of(const struct msvc_breaker_registry *registry, const char *name)
{
    uint64_t hash = registry->key;

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 33;
}

static struct msvc__part *part_of(struct msvc_breaker_registry *registry, uint64_t hash)
{
    return &registry->parts[(hash >> 48) % registry->parts_count];
}

/* In no part yet. */
static int make_entry(struct msvc_breaker_registry *registry, const char *name, uint64_t hash,
                      struct msvc__entry **out)
{
    struct msvc_breaker_options options = registry->breaker;
    size_t length = strlen(name);
    struct msvc__entry *entry;
    int status = 0;

    if (registry->options.configure != NULL)
        status = registry->options.configure(name, &options, registry->options.user);
    if (status < 0)
        return status;
    entry = msvc__new(sizeof(*entry) + length + 1);
    if (entry == NULL)
        return MSVC_ERR_NOMEM;
    memcpy(entry->name, name, length);
    entry->hash = hash;
    status = msvc_breaker_new(&entry->breaker, &options);
    if (status < 0) {
        msvc__entry_free(entry);
        return status;
    }
    entry->breaker->entry = entry;
    *out = entry;
    return 0;
}

/* NULL when there is none. */
static struct msvc_breaker *find(struct msvc__part *part, uint64_t hash, const char *name)
{
    struct msvc__entry *entry;

    (void)pthread_mutex_lock(&part->lock);
    entry = msvc__part_find(part, hash, name);
    if (entry != NULL)
        msvc__part_hold(part, entry);
    (void)pthread_mutex_unlock(&part->lock);
    return entry != NULL ? entry->breaker : NULL;
}

/* Takes `made` on success: keeps it, or throws it away if another one was quicker. */
static int add(struct msvc__part *part, struct msvc__entry *made, struct msvc_breaker **out)
{
    struct msvc__entry *entry;
    int status = 0;

    (void)pthread_mutex_lock(&part->lock);
    entry = msvc__part_find(part, made->hash, made->name);
    if (entry != NULL) {
        msvc__part_hold(part, entry);
    } else if (part->count < part->limit || msvc__part_make_room(part)) {
        msvc__part_add(part, made);
        entry = made;
    } else {
        status = MSVC_ERR_LIMIT;
    }
    (void)pthread_mutex_unlock(&part->lock);
    if (status < 0)
        return status;
    if (entry != made)
        msvc__entry_free(made);
    *out = entry->breaker;
    return 0;
}

int msvc_breaker_registry_get(struct msvc_breaker_registry *registry, const char *name,
                              struct msvc_breaker **out)
{
    struct msvc_breaker *breaker;
    struct msvc__entry *made;
    struct msvc__part *part;
    uint64_t hash;
    int status;

    if (registry == NULL || name == NULL || out == NULL || name[0] == '\0' ||
        strlen(name) > MSVC_BREAKER_NAME_MAX)
        return MSVC_ERR_INVALID;
    hash = hash_of(registry, name);
    part = part_of(registry, hash);
    breaker = find(part, hash, name);
    if (breaker != NULL) {
        *out = breaker;
        return 0;
    }
    status = make_entry(registry, name, hash, &made);
    if (status < 0)
        return status;
    status = add(part, made, out);
    if (status < 0)
        msvc__entry_free(made);
    return status;
}

void msvc_breaker_registry_put(struct msvc_breaker_registry *registry, struct msvc_breaker *breaker,
                               uint64_t now_ns)
{
    struct msvc__part *part;

    if (registry == NULL || breaker == NULL || breaker->entry == NULL)
        return;
    now_ns = now_of(registry, now_ns);
    part = part_of(registry, breaker->entry->hash);
    (void)pthread_mutex_lock(&part->lock);
    msvc__part_release(part, breaker->entry, now_ns);
    (void)pthread_mutex_unlock(&part->lock);
}

size_t msvc_breaker_registry_sweep(struct msvc_breaker_registry *registry, uint64_t now_ns)
{
    uint64_t idle_ns;
    size_t gone = 0;

    if (registry == NULL)
        return 0;
    now_ns = now_of(registry, now_ns);
    idle_ns = (uint64_t)registry->options.idle_ms * NS_PER_MS;
    if (now_ns < idle_ns)
        return 0;
    for (unsigned i = 0; i < registry->parts_count; i++) {
        struct msvc__part *part = &registry->parts[i];

        (void)pthread_mutex_lock(&part->lock);
        gone += msvc__part_sweep(part, now_ns - idle_ns, now_ns);
        (void)pthread_mutex_unlock(&part->lock);
    }
    return gone;
}

size_t msvc_breaker_registry_count(struct msvc_breaker_registry *registry)
{
    size_t count = 0;

    for (unsigned i = 0; registry != NULL && i < registry->parts_count; i++) {
        (void)pthread_mutex_lock(&registry->parts[i].lock);
        count += registry->parts[i].count;
        (void)pthread_mutex_unlock(&registry->parts[i].lock);
    }
    return count;
}

/* Entries that stay until they are let go. Returns how many, or a status. */
static int pin_all(struct msvc__part *part, struct msvc__entry ***out)
{
    struct msvc__entry **entries;
    int count = 0;

    (void)pthread_mutex_lock(&part->lock);
    entries = msvc__new_array(part->count + 1, sizeof(struct msvc__entry *));
    for (size_t i = 0; entries != NULL && i <= part->bucket_mask; i++) {
        for (struct msvc__entry *entry = part->buckets[i]; entry != NULL; entry = entry->next) {
            entry->visitors++;
            entries[count++] = entry;
        }
    }
    (void)pthread_mutex_unlock(&part->lock);
    *out = entries;
    return entries != NULL ? count : MSVC_ERR_NOMEM;
}

int msvc_breaker_registry_each(struct msvc_breaker_registry *registry, msvc_breaker_visit_fn *visit,
                               void *user)
{
    if (registry == NULL || visit == NULL)
        return MSVC_ERR_INVALID;
    for (unsigned i = 0; i < registry->parts_count; i++) {
        struct msvc__part *part = &registry->parts[i];
        struct msvc__entry **entries;
        int count = pin_all(part, &entries);

        if (count < 0)
            return count;
        for (int at = 0; at < count; at++)
            visit(entries[at]->name, entries[at]->breaker, user);
        (void)pthread_mutex_lock(&part->lock);
        while (count > 0)
            entries[--count]->visitors--;
        (void)pthread_mutex_unlock(&part->lock);
        free(entries);
    }
    return 0;
}
