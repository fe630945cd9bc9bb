/* SPDX-License-Identifier: MIT */
/* Which interaction a request is, for those who play a provider. */
#ifndef MSVC_CONTRACT_SEARCH_INTERNAL_H
#define MSVC_CONTRACT_SEARCH_INTERNAL_H

#include "contract/match_internal.h"

struct msvc_http_exchange;

/* What is known of one request when every interaction was tried. */
struct msvc__search {
    const struct msvc__interaction *found;
    size_t index;
    const struct msvc__interaction *nearest;
    size_t distance;                     /* to the nearest */
    struct msvc__mismatches differences; /* to the nearest */
};

/* Try one more; is_better: rather this one than the one found before. Returns 0 or
 * MSVC_ERR_NOMEM; clear the differences in the end. */
int msvc__search_try(struct msvc__search *search, const struct msvc__interaction *one, size_t index,
                     bool is_better, const struct msvc__part *request);

/* What came. Returns 0 or MSVC_ERR_NOMEM; clear the part. */
int msvc__exchange_read(struct msvc__part *out, struct msvc_http_exchange *exchange);
/* Answer as the pact says. */
void msvc__exchange_reply(struct msvc_http_exchange *exchange, const struct msvc__part *response);
/* Answer a request that is none of them, with the nearest and how it differs. */
void msvc__exchange_refuse(struct msvc_http_exchange *exchange, int status,
                           const struct msvc__search *search);
/* Answer what a browser asks before it sends. */
void msvc__exchange_reply_preflight(struct msvc_http_exchange *exchange);

#endif
