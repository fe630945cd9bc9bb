/* SPDX-License-Identifier: MIT */
/*
 * What the kernel would end this process for. Page cache that can be dropped
 * at once is not counted as used, as Kubernetes does not either. Each group on
 * the way up may have a limit; the one that is closest to its own counts.
 */
#include <msvc/checks.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "checks/checks_internal.h"

#define WARN_PERCENT 80
#define FAIL_PERCENT 95
#define PATH_SIZE    4096
#define TEXT_SIZE    16384
#define BYTES_PER_KB 1024

/* The file's text, cut to the room; false when it cannot be read. */
static bool read_text(char text[TEXT_SIZE], const char *root, const char *folder, const char *file)
{
    char path[PATH_SIZE];
    size_t length;
    FILE *in;

    if (snprintf(path, sizeof(path), "%s%s%s", root, folder, file) >= (int)sizeof(path))
        return false;
    in = fopen(path, "re");
    if (in == NULL)
        return false;
    length = fread(text, 1, TEXT_SIZE - 1, in);
    (void)fclose(in);
    text[length] = '\0';
    return length > 0;
}

/* The number behind a name that begins a line; false when there is none. */
static bool find_number(double *out, const char *text, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        char *end;

        line += *line == '\n';
        if (strncmp(line, name, length) != 0)
            continue;
        *out = (double)strtoull(line + length, &end, 10);
        return end != line + length;
    }
    return false;
}

/* False for a group without a limit: its file says "max". */
static bool group_use(struct memory_use *out, const char *root, const char *group)
{
    char text[TEXT_SIZE];
    double droppable;

    if (!read_text(text, root, group, "/memory.max") || !find_number(&out->limit, text, ""))
        return false;
    if (!read_text(text, root, group, "/memory.current") || !find_number(&out->used, text, ""))
        return false;
    if (read_text(text, root, group, "/memory.stat") &&
        find_number(&droppable, text, "inactive_file "))
        out->used = droppable < out->used ? out->used - droppable : 0;
    return out->limit > 0;
}

/* "0::/system.slice/orders.service" is the line of version 2. */
static bool find_group(char *out, size_t size, const char *root)
{
    static const char mark[] = "0::";
    char text[TEXT_SIZE];
    const char *line;
    int length;

    if (!read_text(text, root, "/proc", "/self/cgroup"))
        return false;
    line = strncmp(text, mark, strlen(mark)) == 0 ? text : strstr(text, "\n0::");
    if (line == NULL)
        return false;
    line += strlen(mark) + (*line == '\n');
    length = (int)strcspn(line, "\n");
    return snprintf(out, size, "/sys/fs/cgroup%.*s", length, line) < (int)size;
}

static bool is_tighter(const struct memory_use *a, const struct memory_use *b)
{
    return a->used * b->limit > b->used * a->limit;
}

static bool groups_use(struct memory_use *out, const char *root)
{
    static const char top[] = "/sys/fs/cgroup";
    char group[PATH_SIZE];
    struct memory_use one;
    bool is_limited = false;

    if (!find_group(group, sizeof(group), root))
        return false;
    while (strlen(group) >= strlen(top)) {
        if (group_use(&one, root, group) && (!is_limited || is_tighter(&one, out))) {
            *out = one;
            is_limited = true;
        }
        *strrchr(group, '/') = '\0';
    }
    return is_limited;
}

static bool machine_use(struct memory_use *out, const char *root)
{
    char text[TEXT_SIZE];
    double available;

    if (!read_text(text, root, "/proc", "/meminfo") ||
        !find_number(&out->limit, text, "MemTotal:") ||
        !find_number(&available, text, "MemAvailable:"))
        return false;
    out->limit *= BYTES_PER_KB;
    out->used = out->limit - available * BYTES_PER_KB;
    return out->limit > 0;
}

bool msvc__memory_use(struct memory_use *out, const char *root)
{
    return groups_use(out, root) || machine_use(out, root);
}

int msvc_check_memory(void *user, struct msvc_health_run *run, struct msvc_error *err)
{
    static const struct msvc_memory_watch defaults = { WARN_PERCENT, FAIL_PERCENT };
    const struct msvc_memory_watch *watch = user != NULL ? user : &defaults;
    struct memory_use use;

    if (!msvc__memory_use(&use, ""))
        return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, "health", 0,
                              "neither a control group nor /proc/meminfo tells of memory");
    return msvc__check_share(run, "memory", use.used * 100 / use.limit,
                             watch->warn_percent > 0 ? watch->warn_percent : WARN_PERCENT,
                             watch->fail_percent > 0 ? watch->fail_percent : FAIL_PERCENT, err);
}
