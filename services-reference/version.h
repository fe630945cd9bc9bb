/* SPDX-License-Identifier: MIT */
/* Optimistic versions: `ETag: "3"` in answers, `If-Match: "3"` in requests (RFC 9110 section 13).
 */
#ifndef REFERENCE_VERSION_H
#define REFERENCE_VERSION_H

#include <stdbool.h>
#include <stdint.h>

struct json_t;
struct msvc_error;
struct msvc_http_exchange;
struct msvc_idempotency;
struct msvc_tx;

/* The version in If-Match, 0 without the header. False when it was answered with 412: what stands
 * there is no version of ours. */
bool version_expected(int64_t *out, struct msvc_http_exchange *exchange);

/* Add ETag from the member `version` of body, and reply with it, taken. */
void version_reply(struct msvc_http_exchange *exchange, int status, struct json_t *body);

/* Remember such a reply for when its request is repeated. Location: NULL for none. */
int version_remember(struct msvc_idempotency *run, struct msvc_tx *tx, int status,
                     const char *location, const struct json_t *body, struct msvc_error *err);

#endif
