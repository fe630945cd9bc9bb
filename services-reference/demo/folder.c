/* SPDX-License-Identifier: MIT */
/* Where a run keeps its data, logs and traces. */
#include "demo.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <msvc/error.h>

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

int folder_make(struct demo *demo, struct msvc_error *err)
{
    static const char *const names[] = { "log", "data", "run", "traces", "mail" };
    const char *parent = getenv("TMPDIR");
    char path[PATH_MAX];

    (void)snprintf(demo->folder, sizeof(demo->folder), "%s/msvc-demo-XXXXXX",
                   parent != NULL ? parent : "/tmp");
    if (mkdtemp(demo->folder) == NULL)
        return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "demo", 0, "%s cannot be made",
                              demo->folder);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", demo->folder, names[i]);
        if (mkdir(path, 0700) != 0)
            return msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "demo", 0, "%s cannot be made", path);
    }
    return 0;
}

void folder_remove(const struct demo *demo)
{
    (void)nftw(demo->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
