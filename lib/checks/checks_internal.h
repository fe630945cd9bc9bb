/* SPDX-License-Identifier: MIT */
#ifndef MSVC_CHECKS_CHECKS_INTERNAL_H
#define MSVC_CHECKS_CHECKS_INTERNAL_H

#include <msvc/checks.h>

/* Judge a share in use: fills in the value, and names what when it is too much. Returns 0,
 * MSVC_HEALTH_WARN or MSVC_ERR_LIMIT. */
int msvc__check_share(struct msvc_health_run *run, const char *what, double percent,
                      unsigned warn_percent, unsigned fail_percent, struct msvc_error *err);

struct memory_use {
    double used; /* bytes */
    double limit;
};

/* Of the process whose /proc and /sys are under root, "" for this one. Returns false when the
 * system does not tell. */
bool msvc__memory_use(struct memory_use *out, const char *root);

#endif
