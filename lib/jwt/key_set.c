/* SPDX-License-Identifier: MIT */
/*
 * The issuer's keys. They are fetched when none are known, when they are old,
 * and when a token names a key that is not among them, by one thread at a time
 * and never more often than refetch_least_ms: a flood of made-up key ids costs
 * the issuer nothing. While one thread fetches, others go on with what is known.
 */
#include "jwt/jwt_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>

#include "base/alloc_internal.h"

#define KEY_LIMIT        32
#define KEYLESS_PAUSE_MS 1000
#define NS_PER_MS        1000000u

struct known_key {
    char *kid;
    EVP_PKEY *pkey;
};

struct keys {
    size_t count;
    struct known_key items[KEY_LIMIT];
};

struct msvc__key_set {
    const struct msvc_jwt_verifier_options *options; /* the verifier's, constant */

    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t fetched;
    struct keys keys;
    bool is_fetching;
    bool was_tried;
    bool is_known; /* keys were fetched at fetched_ns */
    uint64_t fetched_ns;
    uint64_t tried_ns;
};

int msvc__key_set_new(struct msvc__key_set **out, const struct msvc_jwt_verifier_options *options)
{
    struct msvc__key_set *set = msvc__new(sizeof(*set));

    if (set == NULL)
        return MSVC_ERR_NOMEM;
    set->options = options;
    (void)pthread_mutex_init(&set->lock, NULL);
    (void)pthread_cond_init(&set->fetched, NULL);
    *out = set;
    return 0;
}

static void clear(struct keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        free(keys->items[i].kid);
        EVP_PKEY_free(keys->items[i].pkey);
    }
    keys->count = 0;
}

void msvc__key_set_free(struct msvc__key_set *set)
{
    if (set == NULL)
        return;
    clear(&set->keys);
    (void)pthread_cond_destroy(&set->fetched);
    (void)pthread_mutex_destroy(&set->lock);
    free(set);
}

/* Keys we cannot use are passed over: a set may hold keys for others (RFC 7517 section 5). */
static int add_key(struct keys *keys, const json_t *jwk, enum msvc_jwt_algorithm algorithm)
{
    const char *kid = json_string_value(json_object_get(jwk, "kid"));
    struct known_key key = { NULL, NULL };

    if (kid == NULL || keys->count == KEY_LIMIT)
        return 0;
    key.pkey = msvc__jwk_read(jwk, algorithm);
    if (key.pkey == NULL)
        return 0;
    key.kid = msvc__copy_text(kid);
    if (key.kid == NULL) {
        EVP_PKEY_free(key.pkey);
        return MSVC_ERR_NOMEM;
    }
    keys->items[keys->count++] = key;
    return 0;
}

static int parse(struct keys *out, const struct msvc_buffer *text,
                 enum msvc_jwt_algorithm algorithm, struct msvc_error *err)
{
    json_error_t detail;
    json_t *set = json_loadb(text->data != NULL ? text->data : "", text->length,
                             JSON_REJECT_DUPLICATES, &detail);
    const json_t *list = json_object_get(set, "keys");
    const json_t *jwk;
    int status = 0;
    size_t i;

    if (!json_is_array(list)) {
        json_decref(set);
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "jwt", 0,
                              "the issuer's answer is no JWK Set: %s",
                              set == NULL ? detail.text : "no array \"keys\"");
    }
    json_array_foreach(list, i, jwk)
    {
        if (status == 0)
            status = add_key(out, jwk, algorithm);
    }
    json_decref(set);
    if (status < 0)
        return msvc_error_set(err, status, "jwt", 0, "no memory for keys");
    return 0;
}

/* Lock not held. */
static int fetch(struct keys *out, const struct msvc__key_set *set, struct msvc_error *err)
{
    struct msvc_buffer text = { .limit = MSVC_JWT_KEY_SET_MAX };
    int status = set->options->fetch(&text, set->options->user, err);

    if (status >= 0)
        status = parse(out, &text, set->options->algorithm, err);
    msvc_buffer_clear(&text);
    return status < 0 ? status : 0;
}

/* Lock held; it is given up while fetching. */
static int refresh(struct msvc__key_set *set, uint64_t now_ns, struct msvc_error *err)
{
    struct keys fresh = { 0 };
    int status;

    set->is_fetching = true;
    set->was_tried = true;
    set->tried_ns = now_ns;
    (void)pthread_mutex_unlock(&set->lock);
    status = fetch(&fresh, set, err);
    (void)pthread_mutex_lock(&set->lock);
    if (status == 0) {
        clear(&set->keys);
        set->keys = fresh;
        set->is_known = true;
        set->fetched_ns = now_ns;
    } else {
        clear(&fresh);
    }
    set->is_fetching = false;
    (void)pthread_cond_broadcast(&set->fetched);
    return status;
}

/* Lock held. */
static EVP_PKEY *find(const struct msvc__key_set *set, const char *kid)
{
    for (size_t i = 0; i < set->keys.count; i++) {
        if (strcmp(set->keys.items[i].kid, kid) == 0)
            return set->keys.items[i].pkey;
    }
    return NULL;
}

static bool is_older(uint64_t then_ns, uint64_t now_ns, unsigned age_ms)
{
    return now_ns - then_ns >= (uint64_t)age_ms * NS_PER_MS;
}

/* Lock held. */
static bool is_usable(const struct msvc__key_set *set, uint64_t now_ns)
{
    return set->is_known && !is_older(set->fetched_ns, now_ns, set->options->stale_most_ms);
}

/* Lock held. */
static bool was_fetched(const struct msvc__key_set *set)
{
    return set->is_known && set->fetched_ns == set->tried_ns;
}

/* Lock held. Whether a fetch is called for, and allowed. */
static bool wants_fetch(const struct msvc__key_set *set, const char *kid, uint64_t now_ns)
{
    unsigned pause_ms = set->options->refetch_least_ms;

    if (is_usable(set, now_ns) && find(set, kid) != NULL &&
        !is_older(set->fetched_ns, now_ns, set->options->refresh_ms))
        return false;
    /* Without keys nobody gets in: that is worth asking more often. */
    if (!is_usable(set, now_ns) && pause_ms > KEYLESS_PAUSE_MS)
        pause_ms = KEYLESS_PAUSE_MS;
    return !set->was_tried || is_older(set->tried_ns, now_ns, pause_ms);
}

/* Lock held. The clock is read with it: what others noted is never later than our now. */
static EVP_PKEY *look_up(struct msvc__key_set *set, const char *kid, int *status,
                         struct msvc_error *why)
{
    uint64_t now_ns = msvc_clock_monotonic_ns(set->options->clock);

    while (set->is_fetching && !(is_usable(set, now_ns) && find(set, kid) != NULL)) {
        (void)pthread_cond_wait(&set->fetched, &set->lock);
        now_ns = msvc_clock_monotonic_ns(set->options->clock);
    }
    if (!set->is_fetching && wants_fetch(set, kid, now_ns)) {
        *status = refresh(set, now_ns, why);
        now_ns = msvc_clock_monotonic_ns(set->options->clock);
    }
    return is_usable(set, now_ns) ? find(set, kid) : NULL;
}

int msvc__key_set_find(struct msvc__key_set *set, const char *kid, EVP_PKEY **out,
                       struct msvc_error *err)
{
    struct msvc_error why = { .message = "asked a moment ago" };
    int status = 0;
    bool is_current;
    EVP_PKEY *key;

    (void)pthread_mutex_lock(&set->lock);
    key = look_up(set, kid, &status, &why);
    is_current = was_fetched(set);
    if (key != NULL)
        (void)EVP_PKEY_up_ref(key);
    (void)pthread_mutex_unlock(&set->lock);

    if (key != NULL) {
        *out = key;
        return 0;
    }
    if (status == MSVC_ERR_NOMEM)
        return msvc_error_set(err, status, "jwt", 0, "no memory for keys");
    if (!is_current)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "jwt", why.native,
                              "the issuer's keys cannot be had: %s", why.message);
    return msvc_error_set(err, MSVC_ERR_AUTH, "jwt", 0,
                          "the token names a key the issuer does not have");
}
