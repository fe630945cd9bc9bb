/* SPDX-License-Identifier: MIT */
#include <msvc/outbox.h>

#include <msvc/clock.h>
#include <msvc/driver/outbox.h>
#include <msvc/driver/store.h>
#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/store.h>
#include <msvc/trace.h>
#include <msvc/uuid.h>

#include "base/options_internal.h"
#include "store/wake_internal.h"

#define SHARD_MASK 63

static uint32_t fnv1a(uint32_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x01000193u;
    return hash;
}

unsigned msvc_outbox_shard(const char *topic, const char *key)
{
    uint32_t hash = fnv1a(0x811c9dc5u, topic != NULL ? topic : "");

    hash *= 0x01000193u; /* the zero byte between them */
    return fnv1a(hash, key != NULL ? key : "") & SHARD_MASK;
}

/* A message with all defaults but the source; what they need to live in stays with the caller. */
struct filled {
    struct msvc_message message;
    char id[MSVC_UUID_SIZE];
    char traceparent[MSVC_TRACEPARENT_SIZE];
};

static void fill_trace(struct filled *f)
{
    const struct msvc_trace_context *current = msvc_trace_current();

    if (f->message.traceparent != NULL || !msvc_trace_context_is_valid(current))
        return;
    msvc_trace_context_traceparent(f->traceparent, current);
    f->message.traceparent = f->traceparent;
    f->message.tracestate = current->tracestate[0] != '\0' ? current->tracestate : NULL;
}

static int fill(struct filled *f, const struct msvc_message *message,
                const struct msvc_outbox_options *options, struct msvc_error *err)
{
    struct msvc_message *m = &f->message;
    int status = msvc__options_copy(m, sizeof(*m), message);

    if (status < 0)
        return msvc_error_set(err, status, "core", 0, "message: %s", msvc_status_text(status));
    if (m->source == NULL)
        m->source = options->source;
    if (m->content_type == NULL)
        m->content_type = "application/json";
    if (m->time_ns == 0)
        m->time_ns = msvc_clock_wall_ns(NULL);
    if (m->id == NULL) {
        msvc_uuid_new(f->id, NULL, NULL);
        m->id = f->id;
    }
    status = msvc_message_check(m, err);
    m->topic = msvc_message_topic(m);
    fill_trace(f);
    return status;
}

static const struct msvc_outbox_driver *outbox_of(const struct msvc_store_driver *driver,
                                                  struct msvc_error *err)
{
    if (driver->outbox == NULL)
        (void)msvc_error_set(err, MSVC_ERR_UNSUPPORTED, "core", 0, "the %s store has no outbox",
                             driver->dialect);
    return driver->outbox;
}

int msvc_outbox_append(struct msvc_tx *tx, const struct msvc_message *message,
                       const struct msvc_outbox_options *options, struct msvc_error *err)
{
    const struct msvc_outbox_driver *outbox;
    struct msvc_outbox_options chosen;
    struct filled filled;
    int status;

    if (tx == NULL || message == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0,
                              "appending needs a transaction and a message");
    status = msvc__options_copy(&chosen, sizeof(chosen), options);
    if (status < 0)
        return msvc_error_set(err, status, "core", 0, "outbox options: %s",
                              msvc_status_text(status));
    outbox = outbox_of(msvc_tx_driver(tx), err);
    if (outbox == NULL)
        return MSVC_ERR_UNSUPPORTED;
    status = fill(&filled, message, &chosen, err);
    if (status < 0)
        return status;
    status = outbox->append(tx, &filled.message, chosen.not_before_ns, chosen.lock_key, err);
    if (status < 0)
        return status;
    msvc__tx_appended(tx);
    return 0;
}

int msvc_outbox_migrate(struct msvc_store *store, struct msvc_error *err)
{
    const struct msvc_outbox_driver *outbox;
    int applied;

    if (store == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0, "no store to migrate");
    outbox = outbox_of(msvc_store_driver(store), err);
    if (outbox == NULL)
        return MSVC_ERR_UNSUPPORTED;
    applied = msvc_store_migrate(store, "outbox", outbox->migrations, err);
    return applied < 0 ? applied : 0;
}
