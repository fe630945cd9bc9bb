/* SPDX-License-Identifier: MIT */
/* The mock's memory: what was used, and what was wrong. */
#ifndef MSVC_CONTRACT_MOCK_INTERNAL_H
#define MSVC_CONTRACT_MOCK_INTERNAL_H

#include <msvc/contract_mock.h>

#include <pthread.h>

#include <msvc/buffer.h>
#include <msvc/error.h>

#include "contract/generate_internal.h"
#include "contract/search_internal.h"

struct msvc_http_exchange;
struct msvc_http_router;
struct msvc_http_server;

/* Something that was wrong, with memory of its own. */
struct msvc__finding {
    struct msvc_pact_finding shown; /* borrows from what follows */
    char *method;
    char *target;
    char *description;
    struct msvc__mismatches mismatches;
};

struct msvc_pact_mock {
    const struct msvc_pact *pact;
    struct msvc_http_router *router;
    struct msvc_http_server *server; /* NULL without a listener */
    bool has_cors;
    const struct msvc_random *random;
    const struct msvc_clock *clock;
    char url[128];

    pthread_mutex_t lock;           /* guards what follows */
    size_t *uses;                   /* of each interaction */
    struct msvc__finding *findings; /* unexpected ones in their order; the last check adds unused */
    size_t finding_count;
    size_t unexpected_count; /* of all findings, also of those that had no room */
    bool is_short;           /* memory ran out while something was noted */
    struct msvc_buffer report;
};

/* Try every interaction of that kind. Lock held, because of the uses. Returns 0 or MSVC_ERR_NOMEM;
 * clear the differences. */
int msvc__mock_search(struct msvc__search *search, const struct msvc_pact_mock *mock,
                      enum msvc_pact_kind kind, const struct msvc__part *request);
/* Whether the nearest is what was meant: method and path are right. */
bool msvc__mock_is_near(const struct msvc__search *search);
/* Count a use, or note what was unexpected. Lock held. */
void msvc__mock_note(struct msvc_pact_mock *mock, const struct msvc__search *search,
                     const struct msvc__part *request);
/* Forget the findings of the last check about what was not used, and make them anew. Lock held. */
void msvc__mock_note_unused(struct msvc_pact_mock *mock);
void msvc__mock_clear_findings(struct msvc_pact_mock *mock);
/* What is given away: a copy of the part, its generators applied. Returns 0 or what applying them
 * returns. */
int msvc__mock_generate(struct msvc__part *out, const struct msvc_pact_mock *mock,
                        const struct msvc__part *part, struct msvc_error *err);
/* One paragraph for people. */
void msvc__mock_write_finding(struct msvc_buffer *out, const struct msvc__finding *finding);

/* Answer a request over HTTP; a handler of the router. */
void msvc__mock_handle(struct msvc_http_exchange *exchange, void *mock);

#endif
