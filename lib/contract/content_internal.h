/* SPDX-License-Identifier: MIT */
/* What bytes are, whoever sent them. */
#ifndef MSVC_CONTRACT_CONTENT_INTERNAL_H
#define MSVC_CONTRACT_CONTENT_INTERNAL_H

#include <msvc/base.h>

/* The content type that bytes look like; "application/octet-stream" for none. Static. */
const char *msvc__content_detect(const void *bytes, size_t length);
/* Whether bytes may be said to be of a type: what they look like, or anything it is a kind of. */
bool msvc__content_is(const char *type, const void *bytes, size_t length);

#endif
