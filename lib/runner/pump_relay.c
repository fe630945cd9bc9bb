/* SPDX-License-Identifier: MIT */
#include <msvc/runner.h>

#include <msvc/relay.h>

static int run_once(void *object, int timeout_ms, struct msvc_error *err)
{
    return msvc_relay_run_once(object, timeout_ms, err);
}

static int fd(void *object)
{
    return msvc_relay_fd(object);
}

static int timeout_ms(void *object)
{
    return msvc_relay_timeout_ms(object);
}

struct msvc_pump msvc_pump_relay(struct msvc_relay *relay)
{
    return (struct msvc_pump){ run_once, fd, timeout_ms, relay };
}
