/* SPDX-License-Identifier: MIT */
#include <msvc/random.h>

#include "base/os_internal.h"

static void system_fill(void *user, void *out, size_t length)
{
    (void)user;
    msvc__os_random(out, length);
}

static const struct msvc_random system_random = { system_fill, NULL };

const struct msvc_random *msvc_random_system(void)
{
    return &system_random;
}

void msvc_random_fill(const struct msvc_random *random, void *out, size_t length)
{
    if (random == NULL)
        random = &system_random;
    random->fill(random->user, out, length);
}

/* Numbers above the last whole multiple of `below` are drawn again, so that none is favoured. */
uint64_t msvc_random_below(const struct msvc_random *random, uint64_t below)
{
    uint64_t draw;
    uint64_t excess;

    if (below == 0)
        return 0;
    excess = (UINT64_MAX % below + 1) % below;
    do {
        msvc_random_fill(random, &draw, sizeof(draw));
    } while (draw > UINT64_MAX - excess);
    return draw % below;
}
