/* SPDX-License-Identifier: MIT */
/*
 * A call that waits: it borrows a connection for as long as something is in
 * flight, drives libcurl by itself, and leaves when its token is cancelled.
 */
#include <poll.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/error.h>

#include "http_client/call_internal.h"

#define WAIT_MOST_MS 1000

struct blocking {
    struct msvc__call call;
    struct msvc__connection *connection; /* NULL: none is needed now */
    unsigned in_flight;
};

static const struct msvc_http_client_options *options_of(const struct blocking *b)
{
    return &b->call.peer->client->options;
}

/* Before the first attempt in flight. 0, or why there is none. */
static int take_connection(struct blocking *b, uint64_t deadline_ns)
{
    const struct msvc__host *host = &b->call.peer->hosts[0];
    int status;

    if (b->connection != NULL)
        return 0;
    status = msvc__pool_take(&b->call.peer->pool, options_of(b)->connection_limit, deadline_ns,
                             b->call.request->cancel, &b->connection);
    if (status == MSVC_ERR_TIMEOUT)
        status = MSVC_ERR_UNAVAILABLE;
    return status == 0 ? 0
                       : msvc_error_set(b->call.err, status, "http", 0,
                                        "%s:%u: no connection came free in time", host->name,
                                        (unsigned)host->port);
}

static void launch(struct blocking *b, struct msvc__attempt *attempt)
{
    int status = take_connection(b, attempt->run->deadline_ns);

    if (status < 0)
        msvc__call_failed(attempt, status);
    else if (msvc__call_launch(attempt, b->connection->multi, &b->connection->idle) == 0)
        b->in_flight++;
}

static void give_connection(struct blocking *b)
{
    if (b->connection != NULL)
        msvc__pool_give(&b->call.peer->pool, b->connection);
    b->connection = NULL;
}

static int left_ms(const struct blocking *b)
{
    return msvc_deadline_left_ms(options_of(b)->clock, b->call.run.until_ns, WAIT_MOST_MS);
}

/* What ends a wait besides the network: the token, a place in the bulkhead. */
static unsigned fill_waits(const struct blocking *b, struct curl_waitfd *waits)
{
    int fds[2] = { msvc_cancel_fd(b->call.request->cancel), b->call.run.fd };
    unsigned count = 0;

    for (int i = 0; i < 2; i++) {
        if (fds[i] >= 0)
            waits[count++] = (struct curl_waitfd){ .fd = fds[i], .events = CURL_WAIT_POLLIN };
    }
    return count;
}

/* Until something has ended, or whoever keeps the time is to be asked again. */
static void wait_in_flight(struct blocking *b)
{
    CURLM *multi = b->connection->multi;
    struct curl_waitfd waits[2];
    unsigned count = fill_waits(b, waits);
    int running;
    int ready = 1;
    int ended = 0;

    while (ended == 0 && ready > 0 && !msvc_cancel_is_requested(b->call.request->cancel)) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return;
        ended = running < (int)b->in_flight ? msvc__call_collect(multi, &b->connection->idle) : 0;
        if (ended == 0 && curl_multi_poll(multi, waits, count, left_ms(b), &ready) != CURLM_OK)
            return;
        ready = count > 0 && b->call.run.fd >= 0 ? 0 : ready;
    }
    b->in_flight -= (unsigned)ended;
}

/* Nothing is in flight: no connection is held. */
static void wait_idle(struct blocking *b)
{
    struct pollfd asked[2] = { { .fd = msvc_cancel_fd(b->call.request->cancel), .events = POLLIN },
                               { .fd = b->call.run.fd, .events = POLLIN } };

    give_connection(b);
    (void)poll(asked, 2, left_ms(b));
}

static int drive(struct blocking *b, struct msvc_http_answer **out)
{
    struct msvc__attempt *attempt;

    for (;;) {
        switch (msvc__call_next(&b->call, &attempt)) {
        case MSVC_RUN_ATTEMPT:
            launch(b, attempt);
            break;
        case MSVC_RUN_STOP:
            msvc__call_stop(attempt, b->connection->multi, &b->connection->idle);
            b->in_flight--;
            break;
        case MSVC_RUN_WAIT:
            if (b->in_flight > 0)
                wait_in_flight(b);
            else
                wait_idle(b);
            break;
        case MSVC_RUN_DONE:
            give_connection(b);
            return msvc__call_end(&b->call, out);
        }
    }
}

int msvc__peer_call(struct msvc_http_transport *self,
                    const struct msvc_http_request_options *request, struct msvc_http_answer **out,
                    struct msvc_error *err)
{
    struct msvc_error own;
    struct blocking b;
    int status =
        msvc__call_begin(&b.call, (struct msvc__peer *)self, request, err != NULL ? err : &own);

    if (status < 0)
        return status;
    b.connection = NULL;
    b.in_flight = 0;
    return drive(&b, out);
}
