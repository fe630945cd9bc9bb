/* SPDX-License-Identifier: MIT */
/* SipHash with 128 bits of result, as Aumasson and Bernstein describe it. */
#include "resilience/key_hash_internal.h"

#define ROUNDS       2
#define FINAL_ROUNDS 4

struct state {
    uint64_t v[4];
};

static uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static void mix(struct state *s, unsigned rounds)
{
    uint64_t *v = s->v;

    while (rounds-- > 0) {
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
}

/* Little endian; fewer than eight bytes at the end. */
static uint64_t word_at(const unsigned char *bytes, size_t length)
{
    uint64_t word = 0;

    for (size_t i = 0; i < length && i < 8; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

static void absorb(struct state *s, uint64_t word)
{
    s->v[3] ^= word;
    mix(s, ROUNDS);
    s->v[0] ^= word;
}

static uint64_t squeeze(struct state *s)
{
    mix(s, FINAL_ROUNDS);
    return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

struct msvc__key_hash msvc__key_hash(const uint64_t secret[2], const void *key, size_t length)
{
    const unsigned char *bytes = key;
    struct state s = { {
        secret[0] ^ UINT64_C(0x736f6d6570736575),
        secret[1] ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
        secret[0] ^ UINT64_C(0x6c7967656e657261),
        secret[1] ^ UINT64_C(0x7465646279746573),
    } };
    struct msvc__key_hash hash;
    size_t left = length;

    for (; left >= 8; left -= 8, bytes += 8)
        absorb(&s, word_at(bytes, 8));
    absorb(&s, word_at(bytes, left) | (uint64_t)length << 56);
    s.v[2] ^= 0xee;
    hash.low = squeeze(&s);
    s.v[1] ^= 0xdd;
    hash.high = squeeze(&s);
    return hash;
}
