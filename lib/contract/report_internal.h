/* SPDX-License-Identifier: MIT */
/* What a verification found. */
#ifndef MSVC_CONTRACT_REPORT_INTERNAL_H
#define MSVC_CONTRACT_REPORT_INTERNAL_H

#include "contract/match_internal.h"

struct msvc__result {
    char *description;
    char *states; /* for people; "" without any */
    char *curl;
    bool has_unset_states; /* there was nobody to set them up */
    struct msvc__mismatches mismatches;
};

struct msvc_contract_report {
    char *consumer;
    char *provider;
    struct msvc__result *results;
    size_t count;
};

#endif
