/* SPDX-License-Identifier: MIT */
/* What the files of the relay share. */
#ifndef MSVC_OUTBOX_RELAY_INTERNAL_H
#define MSVC_OUTBOX_RELAY_INTERNAL_H

#include <stdatomic.h>

#include <msvc/bus.h>
#include <msvc/driver/outbox.h>
#include <msvc/error.h>
#include <msvc/relay.h>

#include "outbox/window_internal.h"

struct msvc_relay {
    struct msvc_relay_options options; /* constant after new(), as are the next three */
    struct msvc_store *store;
    struct msvc_bus *bus;
    const struct msvc_outbox_driver *outbox;
    char *owner;
    unsigned generation; /* a forked child must not touch the session */

    int wake_fd;    /* signalled by commits in this process */
    int pollset;    /* the bus, and the next two */
    int commit_fd;  /* wake_fd while we listen to it, else −1 */
    int session_fd; /* the database's while we listen to it, else −1 */

    void *session;         /* NULL: to be opened */
    uint64_t session_at;   /* when opening is tried again, after a failure */
    unsigned failures;     /* of the store, in a row */
    uint64_t shards;       /* of our lease */
    uint64_t epoch;        /* of our lease */
    uint64_t lease_at;     /* when to renew or ask */
    uint64_t lease_end_at; /* when it is over unless renewed */

    struct msvc__window window;
    bool needs_rewind;
    bool has_more;      /* the last look did not see everything */
    uint64_t fetch_at;  /* when to look again */
    unsigned poll_ms;   /* the pause before that */
    uint64_t rewind_at; /* when to look whether what was passed over may go now */
    unsigned rewind_ms; /* the pause before that */
    bool has_blocked;   /* some key waits for a person */

    bool is_broker_away;
    struct msvc_relay_counts counts;
    _Atomic int64_t oldest_wall_ns; /* when run_once last ended; for other threads */
};

/* ---- lease.c: the session and its lease ---- */

/* Open, renew, ask, as is due. Returns 0 or a status of the store. */
int msvc__relay_lead(struct msvc_relay *relay, struct msvc_error *err);
/* A call to the store failed: look at everything anew, connect anew if need be. Returns status. */
int msvc__relay_store_failed(struct msvc_relay *relay, int status);
bool msvc__relay_may_send(const struct msvc_relay *relay);
void msvc__relay_listen(struct msvc_relay *relay);
void msvc__relay_close_session(struct msvc_relay *relay);

/* ---- fetch.c: from the store into the window ---- */

/* Look for rows if it is time. Returns how many came or a status of the store. */
int msvc__relay_fetch(struct msvc_relay *relay, struct msvc_error *err);
void msvc__relay_look_again(struct msvc_relay *relay);

/* ---- send.c: from the window to the bus, and back ---- */

/* Publish what may go. Returns how many or a status. */
int msvc__relay_send(struct msvc_relay *relay, struct msvc_error *err);
/* Remove what was confirmed and park what was refused. Returns how many or a status. */
int msvc__relay_settle(struct msvc_relay *relay, struct msvc_error *err);
/* When the next row has rested; 0: none does. */
uint64_t msvc__relay_due_ns(const struct msvc_relay *relay);

#endif
