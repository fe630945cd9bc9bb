/* SPDX-License-Identifier: MIT */
#include <msvc/fault.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/random.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"

#define NS_PER_MS 1000000
#define LATENCY   "latency="
#define STATUS    "status="

struct msvc_fault {
    struct msvc_fault_options options; /* constant */
    _Atomic uint64_t armed_until_ns;   /* relaxed: nothing else depends on it */
};

static bool is_valid(const struct msvc_fault_options *o)
{
    return o->consent != NULL && strcmp(o->consent, MSVC_FAULT_CONSENT) == 0 && o->percent <= 100 &&
           o->latency_ms <= MSVC_FAULT_LATENCY_MAX_MS && o->status <= 0;
}

int msvc_fault_new(struct msvc_fault **out, const struct msvc_fault_options *options)
{
    struct msvc_fault_options copied;
    struct msvc_fault *fault;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&copied, sizeof(copied), options);
    if (status < 0)
        return status;
    if (!is_valid(&copied))
        return MSVC_ERR_INVALID;
    copied.consent = NULL; /* was the caller's */

    fault = msvc__new(sizeof(*fault));
    if (fault == NULL)
        return MSVC_ERR_NOMEM;
    fault->options = copied;
    *out = fault;
    return 0;
}

void msvc_fault_free(struct msvc_fault *fault)
{
    free(fault);
}

void msvc_fault_arm(struct msvc_fault *fault, unsigned for_ms)
{
    uint64_t now_ns;

    if (fault == NULL)
        return;
    if (for_ms > MSVC_FAULT_ARMED_MAX_MS)
        for_ms = MSVC_FAULT_ARMED_MAX_MS;
    now_ns = msvc_clock_monotonic_ns(fault->options.clock);
    atomic_store_explicit(&fault->armed_until_ns,
                          for_ms != 0 ? now_ns + (uint64_t)for_ms * NS_PER_MS : 0,
                          memory_order_relaxed);
}

bool msvc_fault_is_armed(const struct msvc_fault *fault)
{
    uint64_t until_ns;

    if (fault == NULL)
        return false;
    until_ns = atomic_load_explicit(&fault->armed_until_ns, memory_order_relaxed);
    return until_ns != 0 && msvc_clock_monotonic_ns(fault->options.clock) < until_ns;
}

bool msvc_fault_draw(const struct msvc_fault *fault, const char *order,
                     struct msvc_fault_effect *out)
{
    const struct msvc_fault_options *o;

    if (!msvc_fault_is_armed(fault) || out == NULL)
        return false;
    o = &fault->options;
    if (o->takes_orders && order != NULL && msvc_fault_parse(out, order, strlen(order)) == 0)
        return true;
    if (o->percent == 0 || msvc_random_below(o->random, 100) >= o->percent)
        return false;
    *out = (struct msvc_fault_effect){ .latency_ms = o->latency_ms, .status = o->status };
    return true;
}

/* What an order says, one part after the other. */

static bool begins_with(const char *text, size_t length, const char *prefix)
{
    return length > strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

static int read_latency(unsigned *out, const char *text, size_t length)
{
    unsigned ms = 0;

    if (length > 5)
        return MSVC_ERR_MALFORMED;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return MSVC_ERR_MALFORMED;
        ms = ms * 10 + (unsigned)(text[i] - '0');
    }
    if (ms > MSVC_FAULT_LATENCY_MAX_MS)
        return MSVC_ERR_MALFORMED;
    *out = ms;
    return 0;
}

static int read_status(int *out, const char *text, size_t length)
{
#define READ_STATUS(name, value, retry, description)                       \
    if (length == sizeof(#name) - 1 && memcmp(text, #name, length) == 0) { \
        *out = (value);                                                    \
        return 0;                                                          \
    }
    MSVC_STATUS_MAP(READ_STATUS)
#undef READ_STATUS
    return MSVC_ERR_MALFORMED;
}

static int read_part(struct msvc_fault_effect *effect, const char *text, size_t length)
{
    size_t name = strlen(LATENCY);

    if (begins_with(text, length, LATENCY))
        return read_latency(&effect->latency_ms, text + name, length - name);
    name = strlen(STATUS);
    if (begins_with(text, length, STATUS))
        return read_status(&effect->status, text + name, length - name);
    return MSVC_ERR_MALFORMED;
}

int msvc_fault_parse(struct msvc_fault_effect *out, const char *text, size_t length)
{
    struct msvc_fault_effect effect = { 0 };
    const char *end;
    size_t part;

    if (out == NULL || text == NULL || length == 0)
        return MSVC_ERR_MALFORMED;
    for (;;) {
        end = memchr(text, ';', length);
        part = end != NULL ? (size_t)(end - text) : length;
        if (read_part(&effect, text, part) < 0)
            return MSVC_ERR_MALFORMED;
        if (end == NULL)
            break;
        text += part + 1;
        length -= part + 1;
    }
    *out = effect;
    return 0;
}
