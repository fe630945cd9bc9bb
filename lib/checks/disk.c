/* SPDX-License-Identifier: MIT */
#include <msvc/checks.h>

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "checks/checks_internal.h"

#define WARN_PERCENT 80
#define FAIL_PERCENT 90

int msvc__check_share(struct msvc_health_run *run, const char *what, double percent,
                      unsigned warn_percent, unsigned fail_percent, struct msvc_error *err)
{
    run->has_value = true;
    run->value = percent;
    run->unit = "percent";
    if (percent < warn_percent && percent < fail_percent)
        return MSVC_HEALTH_PASS;
    (void)msvc_error_set(err, MSVC_ERR_LIMIT, "health", 0, "%s is %.1f %% in use", what, percent);
    return percent < fail_percent ? MSVC_HEALTH_WARN : MSVC_ERR_LIMIT;
}

/* As df(1) has it: what is kept for the system's own use counts neither as used nor as free. */
static double percent_used(const struct statvfs *disk)
{
    double used = (double)(disk->f_blocks - disk->f_bfree);
    double all = used + (double)disk->f_bavail;

    return all > 0 ? used * 100 / all : 0;
}

int msvc_check_disk(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    const struct msvc_disk_watch *watch = user;
    struct statvfs disk;

    if (statvfs(watch->path, &disk) < 0)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "health", errno, "%s: %s", watch->path,
                              strerror(errno));
    return msvc__check_share(run, watch->path, percent_used(&disk),
                             watch->warn_percent > 0 ? watch->warn_percent : WARN_PERCENT,
                             watch->fail_percent > 0 ? watch->fail_percent : FAIL_PERCENT, err);
}
