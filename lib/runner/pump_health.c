/* SPDX-License-Identifier: MIT */
#include <msvc/runner.h>

#include <msvc/health.h>

static int run_once(void *object, int timeout_ms, struct msvc_error *err)
{
    (void)err;
    return msvc_health_run_once(object, timeout_ms);
}

static int fd(void *object)
{
    return msvc_health_fd(object);
}

static int timeout_ms(void *object)
{
    return msvc_health_timeout_ms(object);
}

struct msvc_pump msvc_pump_health(struct msvc_health *health)
{
    return (struct msvc_pump){ run_once, fd, timeout_ms, health };
}
