/* SPDX-License-Identifier: MIT */
/*
 * A keyed hash of 128 bits (SipHash-2-4 with two finalisations): who does not
 * know the secret cannot make keys that collide or share a chain.
 */
#ifndef MSVC_RESILIENCE_KEY_HASH_INTERNAL_H
#define MSVC_RESILIENCE_KEY_HASH_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

struct msvc__key_hash {
    uint64_t low;
    uint64_t high;
};

struct msvc__key_hash msvc__key_hash(const uint64_t secret[2], const void *key, size_t length);

#endif
