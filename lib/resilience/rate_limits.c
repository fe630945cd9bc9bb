/* SPDX-License-Identifier: MIT */
/*
 * Shards by hash, each with a lock, a table of chains, and all its places in one
 * list from the one used last to the one used longest ago. A place whose key has
 * its whole burst again is like one that was never used: only such are
 * given to another key, so that forgetting never lets anybody have more.
 */
#include <msvc/rate_limits.h>

#include <pthread.h>
#include <stdlib.h>

#include <msvc/random.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "resilience/gcra_internal.h"
#include "resilience/key_hash_internal.h"

#define SHARDS 16
#define NONE   UINT32_MAX

struct place {
    struct msvc__key_hash hash;
    uint64_t paced; /* ticks, as gcra_internal.h has them */
    uint32_t next;  /* in its chain */
    uint32_t newer;
    uint32_t older;
};

struct shard {
    pthread_mutex_t lock; /* guards everything below */
    struct place *places;
    uint32_t *chains; /* as many as places */
    uint32_t used;
    uint32_t newest;
    uint32_t oldest;
    uint64_t shared_paced; /* of all keys that find no place */
};

struct msvc_rate_limits {
    struct msvc__gcra gcra; /* constant, as the next two */
    uint64_t secret[2];
    uint32_t shard_keys;
    struct shard shards[SHARDS];
};

static int open_shard(struct shard *shard, uint32_t keys)
{
    shard->places = msvc__new_array(keys, sizeof(*shard->places));
    shard->chains = msvc__new_array(keys, sizeof(*shard->chains));
    if (shard->places == NULL || shard->chains == NULL)
        return MSVC_ERR_NOMEM;
    for (uint32_t i = 0; i < keys; i++)
        shard->chains[i] = NONE;
    shard->newest = NONE;
    shard->oldest = NONE;
    return 0;
}

static int open_shards(struct msvc_rate_limits *limits)
{
    for (unsigned i = 0; i < SHARDS; i++)
        (void)pthread_mutex_init(&limits->shards[i].lock, NULL); /* glibc and musl: cannot fail */
    for (unsigned i = 0; i < SHARDS; i++) {
        if (open_shard(&limits->shards[i], limits->shard_keys) < 0)
            return MSVC_ERR_NOMEM;
    }
    return 0;
}

static int read_options(struct msvc__gcra *gcra, struct msvc_rate_limits_options *copied,
                        const struct msvc_rate_limits_options *options)
{
    int status = msvc__options_copy(copied, sizeof(*copied), options);

    if (status < 0)
        return status;
    if (copied->keys == 0)
        copied->keys = 10000;
    if (copied->keys > MSVC_RATE_LIMITS_KEYS_MAX)
        return MSVC_ERR_INVALID;
    return msvc__gcra_init(
        gcra, MSVC_RATE_LIMIT_OPTIONS(.calls = copied->calls, .period_ms = copied->period_ms,
                                      .burst = copied->burst, .clock = copied->clock));
}

int msvc_rate_limits_new(struct msvc_rate_limits **out,
                         const struct msvc_rate_limits_options *options)
{
    struct msvc_rate_limits_options copied;
    struct msvc__gcra gcra;
    struct msvc_rate_limits *limits;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    status = read_options(&gcra, &copied, options);
    if (status < 0)
        return status;
    limits = msvc__new(sizeof(*limits));
    if (limits == NULL)
        return MSVC_ERR_NOMEM;
    limits->gcra = gcra;
    limits->shard_keys = (copied.keys + SHARDS - 1) / SHARDS;
    msvc_random_fill(copied.random, limits->secret, sizeof(limits->secret));
    status = open_shards(limits);
    if (status < 0) {
        msvc_rate_limits_free(limits);
        return status;
    }
    *out = limits;
    return 0;
}

void msvc_rate_limits_free(struct msvc_rate_limits *limits)
{
    if (limits == NULL)
        return;
    for (unsigned i = 0; i < SHARDS; i++) {
        (void)pthread_mutex_destroy(&limits->shards[i].lock);
        free(limits->shards[i].places);
        free(limits->shards[i].chains);
    }
    free(limits);
}

/* The functions below: lock held. */

static uint32_t *chain_of(const struct msvc_rate_limits *limits, struct shard *shard,
                          const struct msvc__key_hash *hash)
{
    return &shard->chains[hash->high % limits->shard_keys];
}

static uint32_t find(const struct shard *shard, uint32_t at, const struct msvc__key_hash *hash)
{
    while (at != NONE &&
           (shard->places[at].hash.low != hash->low || shard->places[at].hash.high != hash->high))
        at = shard->places[at].next;
    return at;
}

static void take_out(struct shard *shard, uint32_t at)
{
    struct place *place = &shard->places[at];

    if (place->newer != NONE)
        shard->places[place->newer].older = place->older;
    else
        shard->newest = place->older;
    if (place->older != NONE)
        shard->places[place->older].newer = place->newer;
    else
        shard->oldest = place->newer;
}

static void put_first(struct shard *shard, uint32_t at)
{
    struct place *place = &shard->places[at];

    place->newer = NONE;
    place->older = shard->newest;
    if (shard->newest != NONE)
        shard->places[shard->newest].newer = at;
    else
        shard->oldest = at;
    shard->newest = at;
}

static void unchain(const struct msvc_rate_limits *limits, struct shard *shard, uint32_t at)
{
    uint32_t *link = chain_of(limits, shard, &shard->places[at].hash);

    while (*link != at)
        link = &shard->places[*link].next;
    *link = shard->places[at].next;
}

/* A place that was never used, or whose key does not need it any more; NONE. */
static uint32_t vacate(const struct msvc_rate_limits *limits, struct shard *shard, uint64_t now)
{
    uint32_t at = shard->oldest;

    if (shard->used < limits->shard_keys)
        return shard->used++;
    if (shard->places[at].paced > now)
        return NONE;
    unchain(limits, shard, at);
    take_out(shard, at);
    return at;
}

/* A key that shared a limit until now goes on with what that one has spent. */
static uint32_t settle(const struct msvc_rate_limits *limits, struct shard *shard,
                       const struct msvc__key_hash *hash, uint64_t now)
{
    uint32_t *chain = chain_of(limits, shard, hash);
    uint32_t at = vacate(limits, shard, now);

    if (at == NONE)
        return NONE;
    shard->places[at] =
        (struct place){ .hash = *hash, .paced = shard->shared_paced, .next = *chain };
    *chain = at;
    put_first(shard, at);
    return at;
}

static uint64_t *paced_of(const struct msvc_rate_limits *limits, struct shard *shard,
                          const struct msvc__key_hash *hash, uint64_t now)
{
    uint32_t at = find(shard, *chain_of(limits, shard, hash), hash);

    if (at != NONE) {
        take_out(shard, at);
        put_first(shard, at);
        return &shard->places[at].paced;
    }
    at = settle(limits, shard, hash, now);
    return at != NONE ? &shard->places[at].paced : &shard->shared_paced;
}

int msvc_rate_limits_take(struct msvc_rate_limits *limits, const void *key, size_t key_length,
                          uint64_t now_ns, uint64_t *out_wait_ns)
{
    struct msvc__key_hash hash;
    struct shard *shard;
    uint64_t now;
    uint64_t *paced;
    uint64_t next;
    uint64_t wait_ns;

    if (limits == NULL || (key == NULL && key_length > 0))
        return MSVC_ERR_INVALID;
    hash = msvc__key_hash(limits->secret, key, key_length);
    shard = &limits->shards[hash.low % SHARDS];
    now = msvc__gcra_ticks(&limits->gcra, now_ns);

    (void)pthread_mutex_lock(&shard->lock);
    paced = paced_of(limits, shard, &hash, now);
    next = (*paced > now ? *paced : now) + limits->gcra.interval;
    wait_ns = msvc__gcra_wait_ns(&limits->gcra, now, next);
    if (wait_ns == 0)
        *paced = next;
    (void)pthread_mutex_unlock(&shard->lock);

    if (out_wait_ns != NULL)
        *out_wait_ns = wait_ns;
    return wait_ns == 0 ? 0 : MSVC_ERR_REJECTED;
}

size_t msvc_rate_limits_keys(struct msvc_rate_limits *limits)
{
    size_t keys = 0;

    for (unsigned i = 0; limits != NULL && i < SHARDS; i++) {
        (void)pthread_mutex_lock(&limits->shards[i].lock);
        keys += limits->shards[i].used;
        (void)pthread_mutex_unlock(&limits->shards[i].lock);
    }
    return keys;
}
