/* SPDX-License-Identifier: MIT */
#include <msvc/runner.h>

#include <msvc/trace.h>

static int run_once(void *object, int timeout_ms, struct msvc_error *err)
{
    return msvc_tracer_run_once(object, timeout_ms, err);
}

static int fd(void *object)
{
    return msvc_tracer_fd(object);
}

static int timeout_ms(void *object)
{
    return msvc_tracer_timeout_ms(object);
}

struct msvc_pump msvc_pump_tracer(struct msvc_tracer *tracer)
{
    return (struct msvc_pump){ run_once, fd, timeout_ms, tracer };
}
