/* SPDX-License-Identifier: MIT */
/* Names and attributes of OpenTelemetry's semantic conventions for messaging. */
#include "bus/bus_internal.h"

#include <stdio.h>

#include <msvc/telemetry.h>

/* NULL when nobody traces. */
struct msvc_span *msvc__delivery_span(const struct msvc_delivery *d,
                                      const struct msvc_trace_context *parent)
{
    struct msvc_tracer *tracer = msvc_telemetry_tracer(d->bus->options.telemetry);
    const struct msvc_message *m = d->message;
    char name[sizeof("process ") + MSVC_MESSAGE_NAME_MAX];

    if (tracer == NULL)
        return NULL;
    (void)snprintf(name, sizeof(name), "process %s", m->topic);
    return msvc_span_start(
        tracer, name,
        MSVC_SPAN_OPTIONS(.kind = MSVC_SPAN_CONSUMER, .parent = parent,
                          .attributes = MSVC_ATTRIBUTES(
                              MSVC_STR("messaging.system", d->bus->driver->origin),
                              MSVC_STR("messaging.operation.type", "process"),
                              MSVC_STR("messaging.operation.name", "process"),
                              MSVC_STR("messaging.destination.name", m->topic),
                              MSVC_STR("messaging.consumer.group.name",
                                       d->subscription->wanted.group),
                              MSVC_STR("messaging.message.id", m->id),
                              MSVC_STR("cloudevents.event_type", m->type),
                              MSVC_I64("messaging.message.body.size", (int64_t)m->payload_length),
                              MSVC_I64("msvc.delivery.attempt", d->attempt))));
}

void msvc__delivery_span_end(struct msvc_delivery *d, enum msvc_disposition disposition)
{
    if (d->span == NULL)
        return;
    if (disposition == MSVC_DELIVERY_RETRY)
        msvc_span_set_status(d->span, MSVC_SPAN_ERROR, "to be retried");
    else if (disposition == MSVC_DELIVERY_PARK)
        msvc_span_set_status(d->span, MSVC_SPAN_ERROR, d->reason);
    msvc_span_end(d->span);
    d->span = NULL;
}
