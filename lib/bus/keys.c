/* SPDX-License-Identifier: MIT */
/*
 * Open deliveries of a subscription stand in buckets by (topic, key), each
 * bucket in the order of arrival. One may be handled when no earlier one in
 * its bucket has the same key.
 */
#include "bus/bus_internal.h"

#include <string.h>

static uint32_t add_to_hash(uint32_t hash, const char *text)
{
    do {
        hash = (hash ^ (unsigned char)*text) * 16777619u; /* FNV-1a, the final NUL too */
    } while (*text++ != '\0');
    return hash;
}

static struct msvc_delivery **bucket_of(struct subscription *s, const struct msvc_message *m)
{
    uint32_t hash = add_to_hash(add_to_hash(2166136261u, m->topic), m->key);

    return &s->buckets[hash % MSVC__BUS_KEY_BUCKETS];
}

static bool is_same_key(const struct msvc_delivery *a, const struct msvc_delivery *b)
{
    return a->epoch == b->epoch && strcmp(a->message->key, b->message->key) == 0 &&
           strcmp(a->message->topic, b->message->topic) == 0;
}

static bool takes_part(const struct subscription *s, const struct msvc_delivery *delivery)
{
    return s->keeps_order && delivery->message->key != NULL;
}

/* Whether it is the first of its key. What came by a connection that broke does not count. */
bool msvc__keys_enter(struct subscription *s, struct msvc_delivery *delivery)
{
    bool is_first = true;
    struct msvc_delivery **at;

    if (!takes_part(s, delivery))
        return true;
    for (at = bucket_of(s, delivery->message); *at != NULL; at = &(*at)->next_in_bucket)
        is_first = is_first && !is_same_key(*at, delivery);
    *at = delivery;
    delivery->next_in_bucket = NULL;
    return is_first;
}

/* Returns the one that has waited for it, NULL when there is none. */
struct msvc_delivery *msvc__keys_leave(struct subscription *s, struct msvc_delivery *delivery)
{
    struct msvc_delivery **at;
    struct msvc_delivery *next;

    if (!takes_part(s, delivery))
        return NULL;
    for (at = bucket_of(s, delivery->message); *at != delivery; at = &(*at)->next_in_bucket)
        ;
    *at = delivery->next_in_bucket;
    for (next = *at; next != NULL; next = next->next_in_bucket) {
        if (is_same_key(next, delivery))
            return next;
    }
    return NULL;
}
