/* SPDX-License-Identifier: MIT */
/*
 * One turn: pass on what was decided and published since the last, let the
 * driver wait and report, then call back. A driver that cannot connect is
 * asked again only after a pause that grows, with a random part, so that a
 * broker that comes back is not run over.
 */
#include "bus/bus_internal.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/random.h>

#include "base/fork_internal.h"
#include "base/os_internal.h"

#define ORIGIN         "bus"
#define PAUSE_LEAST_MS 100u
#define PAUSE_MOST_MS  10000u

int msvc__bus_check(const struct msvc_bus *bus, struct msvc_error *err)
{
    if (bus == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, ORIGIN, 0, "the bus is NULL");
    if (bus->hub->generation != msvc__fork_generation())
        return msvc_error_set(err, MSVC_ERR_STATE, ORIGIN, 0,
                              "this bus belongs to the process "
                              "that forked");
    return 0;
}

/* ---- how long ---- */

/* −1 and 0 mean what they mean to poll(). */
static int shorter(int a_ms, int b_ms)
{
    if (a_ms < 0)
        return b_ms;
    return b_ms < 0 || a_ms < b_ms ? a_ms : b_ms;
}

static int until(const struct msvc_bus *bus, uint64_t deadline_ns)
{
    return deadline_ns != 0 ? msvc_deadline_left_ms(bus->host.clock, deadline_ns, INT_MAX) : -1;
}

/* Until the core itself has something to do. */
static int core_timeout(struct msvc_bus *bus)
{
    if (!list_is_empty(&bus->ended) || (!bus->is_draining && !list_is_empty(&bus->ready)))
        return 0;
    return shorter(until(bus, msvc__publish_deadline(bus)),
                   until(bus, msvc__delivery_deadline(bus)));
}

/* Whether the driver was away a moment ago and should be left alone. */
static bool is_pausing(const struct msvc_bus *bus)
{
    return bus->failures > 0 && !bus->driver->is_connected(bus->handle) &&
           until(bus, bus->try_at_ns) > 0;
}

int msvc_bus_timeout_ms(const struct msvc_bus *bus)
{
    struct msvc_bus *b = (struct msvc_bus *)(uintptr_t)bus; /* looks only */
    int driver_ms;

    if (bus == NULL || msvc__bus_check(bus, NULL) < 0)
        return -1;
    if (is_pausing(bus))
        driver_ms = until(bus, bus->try_at_ns);
    else if (!bus->driver->is_connected(bus->handle) && bus->driver_fd < 0)
        driver_ms = 0; /* it has not begun to connect */
    else
        driver_ms = bus->driver->timeout_ms(bus->handle);
    return shorter(core_timeout(b), driver_ms);
}

/* ---- the driver's turn ---- */

static void note_failure(struct msvc_bus *bus)
{
    unsigned shift = bus->failures < 7 ? bus->failures : 7;
    unsigned most =
        PAUSE_LEAST_MS << shift < PAUSE_MOST_MS ? PAUSE_LEAST_MS << shift : PAUSE_MOST_MS;
    uint64_t pause = most / 2 + msvc_random_below(bus->host.random, most / 2 + 1);

    bus->failures++;
    bus->try_at_ns = msvc_deadline_in(bus->host.clock, (int64_t)pause);
}

static int wait_out(struct msvc_bus *bus, int timeout_ms, struct msvc_error *err)
{
    struct pollfd wake = { .fd = bus->host.wake_fd, .events = POLLIN };

    (void)poll(&wake, 1, shorter(timeout_ms, until(bus, bus->try_at_ns)));
    return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, bus->driver->origin, 0,
                          "not connected; tried %u times", bus->failures);
}

static int run_driver(struct msvc_bus *bus, int timeout_ms, struct msvc_error *err)
{
    int status;

    if (is_pausing(bus))
        return wait_out(bus, timeout_ms, err);
    status = bus->driver->run_once(bus->handle, timeout_ms, err);
    if (bus->driver->is_connected(bus->handle))
        bus->failures = 0;
    else if (status < 0)
        note_failure(bus);
    atomic_store(&bus->was_connected, bus->driver->is_connected(bus->handle));
    return status;
}

/* Whatever descriptor the driver has now is in the set, even one with an old number. */
static void follow_descriptor(struct msvc_bus *bus)
{
    int fd = bus->driver->fd(bus->handle);

    if (bus->driver_fd >= 0 && bus->driver_fd != fd)
        msvc__pollset_remove(bus->pollset, bus->driver_fd);
    bus->driver_fd = fd >= 0 && msvc__pollset_put(bus->pollset, fd) == 0 ? fd : -1;
}

/* Give the driver all it should have before it waits. */
static void pass_on(struct msvc_bus *bus)
{
    msvc__wake_clear(bus->host.wake_fd);
    msvc__delivery_settle_queued(bus);
    msvc__publish_expire(bus);
    msvc__publish_hand_over(bus);
    msvc__delivery_wake_retries(bus);
}

/* is_running: calls from the callbacks come back here. */
static int turn(struct msvc_bus *bus, int timeout_ms, struct msvc_error *err)
{
    unsigned handled = 0;
    int status;

    pass_on(bus);
    status = run_driver(bus, shorter(timeout_ms, core_timeout(bus)), err);
    follow_descriptor(bus);
    msvc__delivery_release_stale(bus);
    msvc__delivery_settle_queued(bus);
    msvc__delivery_wake_retries(bus);
    msvc__publish_hand_over(bus);
    msvc__publish_expire(bus);
    handled += msvc__publish_tell(bus);
    handled += msvc__delivery_handle_ready(bus);
    if (handled > 0)
        return handled < INT_MAX ? (int)handled : INT_MAX;
    return status < 0 ? status : 0;
}

int msvc_bus_run_once(struct msvc_bus *bus, int timeout_ms, struct msvc_error *err)
{
    int status = msvc__bus_check(bus, err);

    if (status < 0)
        return status;
    if (bus->is_running)
        return msvc_error_set(err, MSVC_ERR_STATE, ORIGIN, 0, "running inside of a callback");
    bus->is_running = true;
    status = turn(bus, timeout_ms, err);
    bus->is_running = false;
    return status;
}

/* ---- drain ---- */

static unsigned settling(const struct msvc_bus *bus)
{
    return bus->driver->settling != NULL ? bus->driver->settling(bus->handle) : 0;
}

static bool is_drained(const struct msvc_bus *bus)
{
    return bus->later_count == 0 && bus->counts.waiting == 0 && settling(bus) == 0;
}

int msvc_bus_drain(struct msvc_bus *bus, int timeout_ms, struct msvc_error *err)
{
    uint64_t deadline = msvc_deadline_in(NULL, timeout_ms); /* waiting is in real time */
    int status = msvc__bus_check(bus, err);
    int left;

    if (status < 0)
        return status;
    if (!bus->is_draining)
        bus->driver->stop(bus->handle);
    bus->is_draining = true;
    do {
        left = msvc_deadline_left_ms(NULL, deadline, INT_MAX);
        status = msvc_bus_run_once(bus, is_drained(bus) ? 0 : left, err);
    } while (!is_drained(bus) && left > 0 && (status >= 0 || status == MSVC_ERR_UNAVAILABLE));
    if (is_drained(bus)) {
        (void)msvc_bus_run_once(bus, 0, NULL); /* takes the last dispositions to the broker */
        return 0;
    }
    if (status < 0 && status != MSVC_ERR_UNAVAILABLE)
        return status;
    return msvc_error_set(
        err, MSVC_ERR_TIMEOUT, ORIGIN, 0, "%u deliveries and %llu publishes are still open",
        bus->later_count + settling(bus), (unsigned long long)bus->counts.waiting);
}
