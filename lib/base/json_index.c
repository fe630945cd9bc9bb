/* SPDX-License-Identifier: MIT */
/*
 * Small objects are searched from front to back, which is faster than any
 * index; big ones get a hash table when they are complete, so that neither
 * looking for duplicates nor looking up members is ever quadratic. The hash is
 * SipHash with one round per word and three at the end, keyed per document.
 */
#include "base/json_internal.h"

#include <string.h>

#define FIRST_SLOTS ((size_t)4 * MSVC__JSON_INDEX_ABOVE)

static uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static void mix(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static void absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    mix(v);
    v[0] ^= word;
}

static uint64_t hash(const uint64_t key[2], const char *name, size_t length)
{
    uint64_t v[4] = { key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                      key[0] ^ UINT64_C(0x6c7967656e657261),
                      key[1] ^ UINT64_C(0x7465646279746573) };
    uint64_t word;
    size_t at = 0;

    for (; length - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, name + at, sizeof(word));
        absorb(v, word);
    }
    word = 0;
    memcpy(&word, name + at, length - at);
    absorb(v, word ^ (uint64_t)length << 56);
    v[2] ^= 0xff;
    mix(v);
    mix(v);
    mix(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static bool has_name(const struct msvc_json *member, const char *name, size_t length)
{
    return member->name_length == length && memcmp(member->name, name, length) == 0;
}

static size_t slot_count(size_t members)
{
    size_t count = FIRST_SLOTS;

    while (count < 2 * members)
        count *= 2;
    return count;
}

size_t msvc__json_index_size(size_t count)
{
    return sizeof(struct msvc__json_index) + slot_count(count) * sizeof(struct msvc_json *);
}

/* Where the member with that name is, or where it would go. */
static struct msvc_json **find_slot(struct msvc__json_index *index, const char *name, size_t length)
{
    size_t at = (size_t)hash(index->key, name, length) & index->mask;

    while (index->slots[at] != NULL && !has_name(index->slots[at], name, length))
        at = (at + 1) & index->mask;
    return &index->slots[at];
}

/* The member of that name before `end`, NULL when there is none. */
static struct msvc_json *search(const struct msvc_json *object, const struct msvc_json *end,
                                const char *name, size_t length)
{
    struct msvc_json *member = object->value.children.first;

    while (member != end && !has_name(member, name, length))
        member = member->next;
    return member != end ? member : NULL;
}

/* Takes out the members whose type was set to NONE. */
static void sweep(struct msvc_json *object)
{
    struct msvc_json **link = &object->value.children.first;

    while (*link != NULL) {
        if ((*link)->type == MSVC_JSON_NONE) {
            *link = (*link)->next;
            object->length--;
        } else {
            link = &(*link)->next;
        }
    }
}

static const struct msvc_json *check_small(struct msvc_json *object, bool drops_duplicates)
{
    for (struct msvc_json *m = object->value.children.first; m != NULL; m = m->next) {
        struct msvc_json *earlier = search(object, m, m->name, m->name_length);

        if (earlier == NULL)
            continue;
        if (!drops_duplicates)
            return earlier;
        earlier->type = MSVC_JSON_NONE;
        sweep(object);
    }
    return NULL;
}

const struct msvc_json *msvc__json_index_members(struct msvc_json *object,
                                                 struct msvc__json_index *index,
                                                 const uint64_t key[2], bool drops_duplicates)
{
    bool has_dropped = false;

    if (index == NULL)
        return check_small(object, drops_duplicates);

    index->key[0] = key[0];
    index->key[1] = key[1];
    index->mask = slot_count(object->length) - 1;
    memset(index->slots, 0, (index->mask + 1) * sizeof(struct msvc_json *));
    for (struct msvc_json *m = object->value.children.first; m != NULL; m = m->next) {
        struct msvc_json **slot = find_slot(index, m->name, m->name_length);

        if (*slot != NULL && !drops_duplicates)
            return *slot;
        if (*slot != NULL) {
            (*slot)->type = MSVC_JSON_NONE;
            has_dropped = true;
        }
        *slot = m;
    }
    if (has_dropped)
        sweep(object);
    object->value.children.index = index;
    return NULL;
}

const struct msvc_json *msvc__json_find(const struct msvc_json *object, const char *name,
                                        size_t length)
{
    struct msvc__json_index *index = object->value.children.index;

    return index != NULL ? *find_slot(index, name, length) : search(object, NULL, name, length);
}
