/* SPDX-License-Identifier: MIT */
/* What benchmarks measure: time, the share of a machine, what a process uses. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process_use {
    double cpu_ms;    /* of all its threads, ended ones included */
    uint64_t wakeups; /* voluntary context switches of the threads that are there */
    double rss_mib;
    double pss_mib; /* pages shared with n processes count for one n-th */
    int threads;
};

/* Zeroes for what cannot be read. */
void process_use(struct process_use *out, pid_t pid);

double seconds_now(void);
double own_cpu_ms(void);

/* The value below which that share of them lies; sorts them. */
double percentile(double *values, size_t count, double share);

/* One line: processor, how many, load. */
void print_machine(void);

#endif
