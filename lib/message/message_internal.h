/* SPDX-License-Identifier: MIT */
#ifndef MSVC_MESSAGE_MESSAGE_INTERNAL_H
#define MSVC_MESSAGE_MESSAGE_INTERNAL_H

#include <msvc/message.h>

/* Whether a header may have this name: lower-case letters and digits, and no attribute's name. */
bool msvc__message_is_extension(const char *name);

/* Copy into one block exactly as it is, no defaults. NULL when out of memory. */
struct msvc_message *msvc__message_pack(const struct msvc_message *message);

#endif
