/* SPDX-License-Identifier: MIT */
/* The steps of reading a pact file, for those who need what is between them. */
#ifndef MSVC_CONTRACT_PACT_INTERNAL_H
#define MSVC_CONTRACT_PACT_INTERNAL_H

#include "contract/model_internal.h"

struct msvc_buffer;
struct msvc_json;
struct msvc_json_document;

/* The bytes of a file. Returns 0, MSVC_ERR_NOT_FOUND, MSVC_ERR_UNAVAILABLE, MSVC_ERR_LIMIT or
 * MSVC_ERR_NOMEM. */
int msvc__pact_load(struct msvc_buffer *out, const char *path, struct msvc_error *err);
int msvc__pact_document(struct msvc_json_document **out, const char *text, size_t length,
                        struct msvc_error *err);
/* The version a file names, 3 when it names none. Returns 0 or MSVC_ERR_UNSUPPORTED. */
int msvc__pact_version(unsigned *out, const struct msvc_json *root, struct msvc_error *err);
int msvc__pact_read(struct msvc_pact **out, const struct msvc_json *root,
                    enum msvc__reading reading, struct msvc_error *err);

/* The text of a file that holds a pact and what was in the file before; file may be NULL. Returns
 * 0, MSVC_ERR_EXISTS (two interactions that differ), MSVC_ERR_UNSUPPORTED (another version), or
 * MSVC_ERR_NOMEM. */
int msvc__pact_text(struct msvc_buffer *out, const struct msvc_pact *pact,
                    const struct msvc_pact *file, struct msvc_error *err);

/* Write a file in one step: it is either the old one or the new one, whatever happens. Callers take
 * turns. Returns 0, MSVC_ERR_UNAVAILABLE or MSVC_ERR_NOMEM. */
int msvc__pact_replace(const char *path, const struct msvc_buffer *text, struct msvc_error *err);

#endif
