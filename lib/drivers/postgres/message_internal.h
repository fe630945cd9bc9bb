/* SPDX-License-Identifier: MIT */
/* Messages as columns of outbox_events and bus_messages. */
#ifndef MSVC_POSTGRES_MESSAGE_INTERNAL_H
#define MSVC_POSTGRES_MESSAGE_INTERNAL_H

#include <msvc/buffer.h>
#include <msvc/message.h>

#include "drivers/postgres/postgres_internal.h"

#define MSVC__POSTGRES_MESSAGE_COLUMNS 13

/* The columns, in the order of read() and write(); to insert, and to select from table `m`. */
#define MSVC__POSTGRES_MESSAGE_NAMES                                                          \
    "id, source, type, subject, time_ns, content_type, topic, key, traceparent, tracestate, " \
    "headers, payload, payload_bytes"
#define MSVC__POSTGRES_MESSAGE_SELECT                                                \
    "m.id, m.source, m.type, m.subject, m.time_ns, m.content_type, m.topic, m.key, " \
    "m.traceparent, m.tracestate, m.headers::text, m.payload, m.payload_bytes"

/* Whether any text fits into the database's encoding. */
bool msvc__postgres_is_utf8(const struct msvc__postgres *pg);

/* *headers keeps what one of the values borrows. Returns 0 or what the buffer says. */
int msvc__postgres_message_write(struct msvc_value out[MSVC__POSTGRES_MESSAGE_COLUMNS],
                                 const struct msvc_message *message, bool is_utf8,
                                 struct msvc_buffer *headers);

/*
 * From a binary result, starting at `column`; everything borrowed from it. Returns the headers for
 * msvc_outbox_row_message(), which are not in *out.
 */
const char *msvc__postgres_message_read(struct msvc_message *out, const PGresult *result, int row,
                                        int column);

#endif
