/* SPDX-License-Identifier: MIT */
/* Compares what was expected with what came, and keeps what differs. */
#ifndef MSVC_CONTRACT_MATCH_INTERNAL_H
#define MSVC_CONTRACT_MATCH_INTERNAL_H

#include <msvc/contract_verify.h>

#include "contract/model_internal.h"

struct msvc_buffer;
struct msvc_json_writer;
struct msvc__xml;

struct msvc__mismatches {
    struct msvc_contract_mismatch *items;
    size_t count;     /* of those that are kept */
    size_t found;     /* all */
    int status;       /* MSVC_ERR_NOMEM once memory ran out */
    bool counts_only; /* keep none: only how many there are is of interest */
};

/* All texts are copied. */
MSVC_PRINTF(3, 4)
void msvc__mismatch_add(struct msvc__mismatches *list, const struct msvc_contract_mismatch *found,
                        const char *message, ...);
void msvc__mismatches_clear(struct msvc__mismatches *list);
/* Put those of one part in the order of their paths: members may have come in any order. */
void msvc__mismatches_sort(struct msvc__mismatches *list);
/* Several lines for people about each, after `indent`, without control characters. */
void msvc__mismatches_write(struct msvc_buffer *out, const struct msvc__mismatches *list,
                            const char *indent);
void msvc__mismatch_json(struct msvc_json_writer *w, const struct msvc_contract_mismatch *one);

/* Compare a request or a response with what came. Returns 0 or MSVC_ERR_NOMEM. */
int msvc__match(struct msvc__mismatches *out, const struct msvc__part *expected,
                const struct msvc__part *actual);

void msvc__match_body(struct msvc__mismatches *out, const struct msvc__part *expected,
                      const struct msvc__part *actual);
void msvc__match_json(struct msvc__mismatches *out, const struct msvc__rules *rules,
                      bool is_request, const struct msvc_json *expected,
                      const struct msvc_json *actual);
void msvc__match_form(struct msvc__mismatches *out, const struct msvc__part *expected,
                      const struct msvc__part *actual);
void msvc__match_multipart(struct msvc__mismatches *out, const struct msvc__part *expected,
                           const struct msvc__part *actual);
/* Bodies as a whole. */
void msvc__match_bytes(struct msvc__mismatches *out, const struct msvc__part *expected,
                       const struct msvc__part *actual);
/* What messages have instead of headers. */
void msvc__match_metadata(struct msvc__mismatches *out, const struct msvc__part *expected,
                          const struct msvc__part *actual);
/* Whether a media type is the same and each expected parameter is there; -1 out of memory. */
int msvc__media_type_equal(const char *expected, const char *actual);
/* Look for the variants of a rule's arrayContains among the elements of an array. */
void msvc__match_variants(struct msvc__mismatches *out, const struct msvc__rule *rule,
                          bool is_request, struct msvc__place *place,
                          const struct msvc_json *expected, const struct msvc_json *actual);
void msvc__match_xml(struct msvc__mismatches *out, const struct msvc__rules *rules, bool is_request,
                     const struct msvc__xml *expected, const struct msvc__xml *actual);
void msvc__match_headers(struct msvc__mismatches *out, const struct msvc__part *expected,
                         const struct msvc__part *actual);
void msvc__match_query(struct msvc__mismatches *out, const struct msvc__part *expected,
                       const struct msvc__part *actual);
/* Compare two texts by a rule, or by equality. */
void msvc__match_text(struct msvc__mismatches *out, const struct msvc__rule *rule, const char *part,
                      const char *path, const char *expected, const char *actual);

#endif
