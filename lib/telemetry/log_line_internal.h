/* SPDX-License-Identifier: MIT */
/* A log record as one line of JSON. */
#ifndef MSVC_TELEMETRY_LOG_LINE_INTERNAL_H
#define MSVC_TELEMETRY_LOG_LINE_INTERNAL_H

#include <msvc/log.h>

/* Most attributes of a record that are written. */
#define MSVC__LOG_ATTRIBUTE_LIMIT 128

/*
 * Write the record with its line break, at most MSVC_LOG_LINE_MAX bytes and no
 * NUL. names is what goes between level and message: members that begin with a
 * comma, at most MSVC__LOG_NAMES_SIZE bytes. Returns the length.
 */
size_t msvc__log_line(char out[MSVC_LOG_LINE_MAX], const struct msvc_log_record *record,
                      const char *names, size_t names_length);

#define MSVC__LOG_NAMES_SIZE 4096

#endif
