/* SPDX-License-Identifier: MIT */
/* The words of the definition language: names, texts, numbers, brackets. */
#ifndef MSVC_CONTRACT_DEFINITION_SCAN_INTERNAL_H
#define MSVC_CONTRACT_DEFINITION_SCAN_INTERNAL_H

#include <msvc/json.h>

struct msvc_buffer;
struct msvc_error;

struct msvc__scan {
    const char *text;
    const char *at;
    unsigned depth;
    struct msvc_error *err;
};

/* Say what was expected where it stands; returns MSVC_ERR_MALFORMED. */
int msvc__scan_fail(const struct msvc__scan *scan, const char *expected);
void msvc__scan_skip(struct msvc__scan *scan);
/* Take a byte or a word when it comes next. */
bool msvc__scan_take(struct msvc__scan *scan, char byte);
bool msvc__scan_word(struct msvc__scan *scan, const char *word);
/* Take a byte. Returns 0 or MSVC_ERR_MALFORMED, as does what follows. */
int msvc__scan_expect(struct msvc__scan *scan, char byte);
/* A text in single quotes, decoded: \b \f \n \r \t \' \\ \uXXXX \u{X…}; any other backslash is one.
 */
int msvc__scan_text(struct msvc__scan *scan, struct msvc_buffer *out);
/* A text, a number, true, false or null, as JSON. *type (optional) is its type, false being
 * MSVC_JSON_TRUE too. */
int msvc__scan_value(struct msvc__scan *scan, struct msvc_buffer *json, enum msvc_json_type *type);

#endif
