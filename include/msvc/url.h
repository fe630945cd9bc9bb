/* SPDX-License-Identifier: MIT */
/**
 * @file url.h
 *
 * URLs as RFC 3986 writes them, with one addition that brokers need: several
 * hosts, separated by commas. They choose a driver by scheme and configure it
 * by query:
 *
 *     postgres://orders:secret@127.0.0.1:5432/orders?sslmode=require
 *     sqlite:/var/lib/orders/orders.db
 *     rabbitmq://b1:5672,b2:5672/production?heartbeat=10
 */
#ifndef MSVC_URL_H
#define MSVC_URL_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_error;

/** Longest URL that is read, in bytes. */
#define MSVC_URL_MAX 8192

/** One host of a URL. */
struct msvc_url_host {
    const char *name; /**< Decoded; an IPv6 address without its brackets. */
    uint16_t port;    /**< 0 when none was written. */
};

/** One query pair, decoded. */
struct msvc_url_pair {
    const char *key;
    const char *value; /**< "" when there was no '='. */
};

/** A parsed URL; immutable. All strings are borrowed until msvc_url_free(). The getters answer NULL
 * or 0 for NULL. Threading: safe. */
struct msvc_url;

/**
 * Parse @p text. Percent-encoding is decoded; an encoded NUL and a fragment are refused, as is
 * every character that RFC 3986 wants encoded.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_MALFORMED, #MSVC_ERR_LIMIT above #MSVC_URL_MAX bytes or
 *         #MSVC_ERR_NOMEM. The message gives a column and repeats nothing, so no password.
 */
MSVC_API MSVC_MUST_USE int msvc_url_parse(struct msvc_url **out, const char *text,
                                          struct msvc_error *err);

/** Destroy @p url. NULL is ignored. */
MSVC_API void msvc_url_free(struct msvc_url *url);

/** In lower case, without the colon. */
MSVC_API const char *msvc_url_scheme(const struct msvc_url *url);

/** NULL when there is none. */
MSVC_API const char *msvc_url_user(const struct msvc_url *url);

/** NULL when there is none. A secret: never log it. */
MSVC_API const char *msvc_url_password(const struct msvc_url *url);

/** How many hosts; 0 for `sqlite:/path`. */
MSVC_API size_t msvc_url_host_count(const struct msvc_url *url);

/** The host at @p index, NULL outside. */
MSVC_API const struct msvc_url_host *msvc_url_host(const struct msvc_url *url, size_t index);

/** Decoded, with its leading slash if it had one; "" when there is none. */
MSVC_API const char *msvc_url_path(const struct msvc_url *url);

/** How many query pairs. */
MSVC_API size_t msvc_url_query_count(const struct msvc_url *url);

/** The pair at @p index in the order written, NULL outside. */
MSVC_API const struct msvc_url_pair *msvc_url_query_at(const struct msvc_url *url, size_t index);

/** The value of the first pair named @p key, NULL when there is none. */
MSVC_API const char *msvc_url_query(const struct msvc_url *url, const char *key);

/**
 * Refuse query keys that nobody reads.
 *
 * @param known  Names, ended by NULL.
 * @return 0, or #MSVC_ERR_INVALID with a message that names the unknown key and the known ones.
 */
MSVC_API MSVC_MUST_USE int msvc_url_check_query(const struct msvc_url *url,
                                                const char *const *known, struct msvc_error *err);

/**
 * Read a whole number from the query.
 *
 * @param[out] out  @p fallback when the key is absent; untouched on failure.
 * @return 0, or #MSVC_ERR_INVALID when it is not a number from @p least to @p most.
 */
MSVC_API MSVC_MUST_USE int msvc_url_query_number(uint64_t *out, const struct msvc_url *url,
                                                 const char *key, uint64_t fallback, uint64_t least,
                                                 uint64_t most, struct msvc_error *err);

/** The URL with its password as "***", and query values whose name ends in password, secret, token
 * or key. Owned by the URL. For messages and logs. */
MSVC_API const char *msvc_url_redacted(const struct msvc_url *url);

MSVC_END_DECLS

#endif
