/* SPDX-License-Identifier: MIT */
/*
 * A handler that only counts is safe in a child whose other threads are gone,
 * and looking at the count costs less than the system call that getpid() is.
 */
#include "base/fork_internal.h"

#include <pthread.h>
#include <stdatomic.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic unsigned generation = 1;

static void count(void)
{
    atomic_fetch_add(&generation, 1);
}

static void watch(void)
{
    (void)pthread_atfork(NULL, NULL, count);
}

unsigned msvc__fork_generation(void)
{
    (void)pthread_once(&once, watch);
    return atomic_load_explicit(&generation, memory_order_relaxed);
}
