/* SPDX-License-Identifier: MIT */
/**
 * @file http_fields.h
 *
 * Read a JSON body strictly: say which members it has and what they may be,
 * and either have them all or have answered the request.
 *
 *     const char *sku;
 *     int64_t quantity;
 *     struct json_t *body;
 *
 *     if (!msvc_http_body_fields(exchange, &body,
 *                                MSVC_FIELDS(MSVC_FIELD_TEXT("sku", &sku, 1, 64),
 *                                            MSVC_FIELD_INT("quantity", &quantity, 1, 1000))))
 *         return;
 *     …
 *     json_decref(body);
 */
#ifndef MSVC_HTTP_FIELDS_H
#define MSVC_HTTP_FIELDS_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct json_t;
struct msvc_buffer;
struct msvc_http_exchange;

enum msvc_field_kind {
    MSVC_FIELD_KIND_END,
    MSVC_FIELD_KIND_TEXT,   /**< `const char *`; least and most count bytes. */
    MSVC_FIELD_KIND_INT,    /**< `int64_t`. */
    MSVC_FIELD_KIND_ARRAY,  /**< `struct json_t *`; least and most count elements. */
    MSVC_FIELD_KIND_OBJECT, /**< `struct json_t *`. */
};

/** One member. */
struct msvc_field {
    const char *name;
    enum msvc_field_kind kind;
    void *out; /**< Set when the member is there; borrowed from the body. */
    int64_t least, most;
    bool is_optional;
};

#define MSVC_FIELD_TEXT(name, out, least, most)                     \
    {                                                               \
        (name), MSVC_FIELD_KIND_TEXT, (out), (least), (most), false \
    }
#define MSVC_FIELD_INT(name, out, least, most)                     \
    {                                                              \
        (name), MSVC_FIELD_KIND_INT, (out), (least), (most), false \
    }
#define MSVC_FIELD_ARRAY(name, out, least, most)                     \
    {                                                                \
        (name), MSVC_FIELD_KIND_ARRAY, (out), (least), (most), false \
    }
#define MSVC_FIELD_OBJECT(name, out)                       \
    {                                                      \
        (name), MSVC_FIELD_KIND_OBJECT, (out), 0, 0, false \
    }
#define MSVC_FIELD_OPTIONAL_TEXT(name, out, least, most)           \
    {                                                              \
        (name), MSVC_FIELD_KIND_TEXT, (out), (least), (most), true \
    }
#define MSVC_FIELD_OPTIONAL_INT(name, out, least, most)           \
    {                                                             \
        (name), MSVC_FIELD_KIND_INT, (out), (least), (most), true \
    }

/** A list of fields that lives to the end of the block. C only. */
#define MSVC_FIELDS(...) \
    ((const struct msvc_field[]){ __VA_ARGS__, { NULL, MSVC_FIELD_KIND_END, NULL, 0, 0, false } })

/**
 * Read the body of @p exchange as an object with exactly these members. On failure it was
 * answered: 415 or 400 when it is no JSON, 422 with every problem found.
 *
 * @param[out] body  Owned by the caller (json_decref()), keeps the values alive; untouched on
 * failure.
 */
MSVC_API MSVC_MUST_USE bool msvc_http_body_fields(struct msvc_http_exchange *exchange,
                                                  struct json_t **body,
                                                  const struct msvc_field *fields);

/**
 * The same for an object inside of a body, without answering.
 *
 * @param where           Goes before the names, such as "items[2].".
 * @param[out] problems   Each one is appended, the next after "; ".
 * @return Whether there were none.
 */
MSVC_API MSVC_MUST_USE bool msvc_json_fields(const struct json_t *object,
                                             const struct msvc_field *fields, const char *where,
                                             struct msvc_buffer *problems);

MSVC_END_DECLS

#endif
