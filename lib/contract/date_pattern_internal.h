/* SPDX-License-Identifier: MIT */
/* What a date pattern is made of; shared by what reads it, what matches and what writes. */
#ifndef MSVC_CONTRACT_DATE_PATTERN_INTERNAL_H
#define MSVC_CONTRACT_DATE_PATTERN_INTERNAL_H

#include "contract/date_internal.h"

/* A run of one letter, or a text that stands for itself. */
struct msvc__date_token {
    char letter; /* 0: a text */
    unsigned width;
    const char *text; /* not terminated */
    size_t length;
};

struct msvc__date_pattern {
    struct msvc__date_token *tokens; /* one block with their texts */
    size_t count;
};

/* Whether a token is written in digits. */
bool msvc__date_is_number(const struct msvc__date_token *token);
/* Take a zone or an offset from a text; false when there is none. */
bool msvc__date_take_zone(const struct msvc__date_token *token, const char **at);
/* Write UTC as a zone or an offset. */
void msvc__date_write_zone(struct msvc_buffer *out, const struct msvc__date_token *token);

#endif
