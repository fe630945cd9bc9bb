/* SPDX-License-Identifier: MIT */
/* Checks of what runs in this process; other threads run it, so they look at what these left. */
#include <msvc/checks.h>

#include <limits.h>

#include <msvc/breaker.h>
#include <msvc/bus.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/relay.h>
#include <msvc/status.h>
#include <msvc/store.h>

#define RELAY_FAIL_MS 60000
#define NS_PER_MS     INT64_C(1000000)
#define MS_PER_S      1000.0

int msvc_check_store(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    return msvc_store_ping(user, msvc_deadline_left_ms(NULL, run->deadline_ns, INT_MAX), err);
}

int msvc_check_bus(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    (void)run;
    if (!msvc_bus_was_connected(user))
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "health", 0,
                              "there is no connection to the bus");
    return MSVC_HEALTH_PASS;
}

int msvc_check_breaker(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    enum msvc_breaker_state state = msvc_breaker_state(user);

    (void)run;
    if (state == MSVC_BREAKER_OPEN || state == MSVC_BREAKER_FORCED_OPEN)
        return msvc_error_set(err, MSVC_ERR_REJECTED, "health", 0, "the breaker is %s",
                              msvc_breaker_state_name(state));
    if (state != MSVC_BREAKER_HALF_OPEN && state != MSVC_BREAKER_RAMPING)
        return MSVC_HEALTH_PASS;
    (void)msvc_error_set(err, MSVC_ERR_REJECTED, "health", 0, "the breaker is %s",
                         msvc_breaker_state_name(state));
    return MSVC_HEALTH_WARN;
}

int msvc_check_relay(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    const struct msvc_relay_watch *watch = user;
    int64_t oldest_ns = msvc_relay_oldest_wall_ns(watch->relay);
    int64_t most_ms = watch->fail_ms > 0 ? watch->fail_ms : RELAY_FAIL_MS;
    int64_t age_ms =
        oldest_ns != 0 ? (msvc_clock_wall_ns(watch->clock) - oldest_ns) / NS_PER_MS : 0;

    age_ms = age_ms > 0 ? age_ms : 0; /* another machine's clock may be ahead */
    run->has_value = true;
    run->value = (double)age_ms / MS_PER_S;
    run->unit = "s";
    if (age_ms > most_ms)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "health", 0,
                              "the oldest event waits for %.1f s", run->value);
    return MSVC_HEALTH_PASS;
}
