/* SPDX-License-Identifier: MIT */
/* One way to write a JSON value: members by name, numbers as they were. */
#ifndef MSVC_CONTRACT_CANONICAL_INTERNAL_H
#define MSVC_CONTRACT_CANONICAL_INTERNAL_H

#include <msvc/base.h>

struct msvc_buffer;
struct msvc_json;
struct msvc_json_writer;

/* In one line. Returns 0 or MSVC_ERR_NOMEM, as does what follows. */
int msvc__canonical(struct msvc_buffer *out, const struct msvc_json *value);
/* Over several lines, the first one already indented by `depth` levels. */
int msvc__canonical_pretty(struct msvc_buffer *out, const struct msvc_json *value, unsigned depth);
/* In one line, free() it; NULL when out of memory. */
char *msvc__canonical_copy(const struct msvc_json *value);
/* As the next value of a document that is being written. */
void msvc__canonical_value(struct msvc_json_writer *w, const struct msvc_json *value);
/* A string with its quotes. */
void msvc__canonical_text(struct msvc_buffer *out, const char *text, size_t length);

/* The member with that name, which may hold NULs. */
const struct msvc_json *msvc__json_member_n(const struct msvc_json *object, const char *name,
                                            size_t length);
bool msvc__json_equal(const struct msvc_json *a, const struct msvc_json *b);

#endif
