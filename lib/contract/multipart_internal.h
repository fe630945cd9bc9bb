/* SPDX-License-Identifier: MIT */
/* Bodies of several parts (RFC 2046, section 5.1; RFC 7578). */
#ifndef MSVC_CONTRACT_MULTIPART_INTERNAL_H
#define MSVC_CONTRACT_MULTIPART_INTERNAL_H

#include "contract/model_internal.h"

#define MSVC__MULTIPART_PARTS_MAX   1000
#define MSVC__MULTIPART_HEADERS_MAX 64

/* One part: a response without status, so that it is compared like one. */
struct msvc__multipart_part {
    char *name; /* of form data; NULL: it has none */
    struct msvc__part part;
};

struct msvc__multipart {
    struct msvc__multipart_part *items;
    size_t count;
};

/*
 * Take a body apart. `type` is its content type with the boundary; without one
 * (NULL, or no parameter) the first line is taken for it. Contents in base64 are
 * decoded. Returns 0, MSVC_ERR_MALFORMED, MSVC_ERR_LIMIT or MSVC_ERR_NOMEM.
 */
int msvc__multipart_parse(struct msvc__multipart *out, const char *type, const char *body,
                          size_t length, struct msvc_error *err);
void msvc__multipart_clear(struct msvc__multipart *multipart);

#endif
