/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KIB_PER_MIB 1024.0

static double to_ms(struct timespec time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* The number after that label, 0 when there is none. */
static long read_field(const char *path, const char *label)
{
    char line[256];
    long number = 0;
    FILE *file = fopen(path, "r");

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, label, strlen(label)) == 0)
            number = strtol(line + strlen(label), NULL, 10);
    }
    if (file != NULL)
        (void)fclose(file);
    return number;
}

static void count_threads(struct process_use *out, pid_t pid)
{
    char path[64];
    struct dirent *entry;
    DIR *tasks;

    (void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    tasks = opendir(path);
    while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
        char status[sizeof(path) + sizeof(entry->d_name) + 16];

        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(status, sizeof(status), "%s/%s/status", path, entry->d_name);
        out->wakeups += (uint64_t)read_field(status, "voluntary_ctxt_switches:");
        out->threads++;
    }
    if (tasks != NULL)
        (void)closedir(tasks);
}

void process_use(struct process_use *out, pid_t pid)
{
    struct timespec used = { 0, 0 };
    clockid_t clock;
    char path[64];

    *out = (struct process_use){ .threads = 0 };
    if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0)
        out->cpu_ms = to_ms(used);
    count_threads(out, pid);
    (void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    out->rss_mib = (double)read_field(path, "Rss:") / KIB_PER_MIB;
    out->pss_mib = (double)read_field(path, "Pss:") / KIB_PER_MIB;
}

double seconds_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return to_ms(now) / 1e3;
}

double own_cpu_ms(void)
{
    struct timespec used;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return to_ms(used);
}

static int compare(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;

    return (*x > *y) - (*x < *y);
}

double percentile(double *values, size_t count, double share)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof(*values), compare);
    return values[(size_t)(share * (double)(count - 1) + 0.5)];
}

void print_machine(void)
{
    char model[128] = "unknown processor";
    char line[256];
    float load = 0; /* getloadavg() is not POSIX */
    FILE *file = fopen("/proc/cpuinfo", "r");

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "model name", 10) == 0 && sscanf(line, "%*[^:]: %127[^\n]", model) == 1)
            break;
    }
    if (file != NULL)
        (void)fclose(file);
    file = fopen("/proc/loadavg", "r");
    if (file != NULL && fscanf(file, "%f", &load) != 1)
        load = 0;
    if (file != NULL)
        (void)fclose(file);
    (void)printf("%s, %ld in use, load %.1f at the start\n", model, sysconf(_SC_NPROCESSORS_ONLN),
                 (double)load);
}
