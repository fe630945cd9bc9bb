/* SPDX-License-Identifier: MIT */
#ifndef MSVC_MESSAGE_JSON_INTERNAL_H
#define MSVC_MESSAGE_JSON_INTERNAL_H

#include <msvc/base.h>

/* Whether a media type is application/json, or any other whose subtype is json or ends in +json. */
bool msvc__message_is_json_type(const char *type);

#endif
