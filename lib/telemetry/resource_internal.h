/* SPDX-License-Identifier: MIT */
/* What describes a service in its traces. */
#ifndef MSVC_TELEMETRY_RESOURCE_INTERNAL_H
#define MSVC_TELEMETRY_RESOURCE_INTERNAL_H

#include <msvc/attribute.h>

/*
 * Copies: the service's name, telemetry.sdk.*, and what is given but for
 * these. service_name may be NULL. Returns 0 or MSVC_ERR_NOMEM.
 */
int msvc__resource_new(struct msvc_attribute **out, size_t *count, const char *service_name,
                       const struct msvc_attribute *given);
void msvc__resource_free(struct msvc_attribute *resource, size_t count);

#endif
