/* SPDX-License-Identifier: MIT */
/**
 * @file message.h
 *
 * A message is a CloudEvent (CloudEvents 1.0): who says what about which
 * subject, with a payload nobody on the way looks into. A plain struct: fill
 * what you need to send one, read what you need of one received.
 *
 *     msvc_outbox_append(tx, MSVC_MESSAGE(.type = "order.created", .key = order_id,
 *                                         .payload = json.data, .payload_length = json.length),
 *                        NULL, &err);
 */
#ifndef MSVC_MESSAGE_H
#define MSVC_MESSAGE_H

#include <msvc/base.h>
#include <msvc/header.h>

MSVC_BEGIN_DECLS

struct msvc_buffer;
struct msvc_error;

/** Longest type, topic, key, subject, source, id, content type, header name; in bytes. */
#define MSVC_MESSAGE_NAME_MAX 255
/** Longest header value, in bytes; and most headers. */
#define MSVC_MESSAGE_HEADER_VALUE_MAX 4096
#define MSVC_MESSAGE_HEADER_COUNT_MAX 64
/** Longest payload, in bytes; a driver may have a lower limit. */
#define MSVC_MESSAGE_PAYLOAD_MAX (16u << 20)

/** Start from #MSVC_MESSAGE; 0 means the default. Everything is borrowed, and copied by whoever
 * keeps it. */
struct msvc_message {
    size_t size;        /**< Set by #MSVC_MESSAGE. */
    const char *id;     /**< CloudEvents id. Default: a new UUIDv7. The same for every duplicate. */
    const char *source; /**< CloudEvents source, a URI reference. Default: who sends says. */
    const char *type;   /**< CloudEvents type, "order.created". Required. */
    const char *subject;      /**< CloudEvents subject. Optional. */
    int64_t time_ns;          /**< CloudEvents time, nanoseconds since 1970. Default: now. */
    const char *content_type; /**< CloudEvents datacontenttype. Default "application/json". */
    const char *topic;        /**< Where it goes, and what order holds within. Words joined by dots.
                                 Default: the type. */
    const char *key; /**< CloudEvents partitionkey: messages of one (topic, key) keep their order.
                        NULL: no order. */
    const char *traceparent;           /**< Default: the thread's current trace context. */
    const char *tracestate;            /**< Goes with traceparent. */
    const struct msvc_header *headers; /**< Optional; CloudEvents extensions of the user's own:
                                          names of lower-case letters and digits, each once. */
    const void *payload;               /**< Borrowed. */
    size_t payload_length;             /**< Bytes. */
};

#define MSVC_MESSAGE(...) MSVC_OPTIONS_OF(struct msvc_message, __VA_ARGS__)

/** The topic, which is the type when none is set. */
MSVC_API const char *msvc_message_topic(const struct msvc_message *message);

/** @return 0, or #MSVC_ERR_INVALID or #MSVC_ERR_LIMIT with a message that names the field. */
MSVC_API MSVC_MUST_USE int msvc_message_check(const struct msvc_message *message,
                                              struct msvc_error *err);

/**
 * Copy @p message into one block, its defaults filled in: id, time, content type, topic, trace
 * context.
 *
 * @param[out] out  Owned by the caller, ended by msvc_message_free(); untouched on failure.
 * @param source    Used when the message has none.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_LIMIT or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_message_copy(struct msvc_message **out,
                                             const struct msvc_message *message, const char *source,
                                             struct msvc_error *err);

/** Destroy what msvc_message_copy() or msvc_message_from_json() made. NULL is ignored. */
MSVC_API void msvc_message_free(struct msvc_message *message);

/** Append the message in the CloudEvents JSON format 1.0.2; the topic is the extension `topic` when
 * it is not the type. @return 0, #MSVC_ERR_INVALID (id or source too must be there),
 * #MSVC_ERR_LIMIT or #MSVC_ERR_NOMEM. */
MSVC_API MSVC_MUST_USE int msvc_message_to_json(struct msvc_buffer *out,
                                                const struct msvc_message *message);

/**
 * Read the CloudEvents JSON format.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @return 0, #MSVC_ERR_MALFORMED, #MSVC_ERR_UNSUPPORTED (another specversion), #MSVC_ERR_LIMIT or
 * #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_message_from_json(struct msvc_message **out, const char *json,
                                                  size_t length, struct msvc_error *err);

/**
 * Whether @p topic matches @p pattern: words joined by dots, `*` is any one
 * word, `#` any number of words (the rules of an AMQP topic exchange).
 */
MSVC_API bool msvc_topic_matches(const char *pattern, const char *topic);

MSVC_END_DECLS

#endif
