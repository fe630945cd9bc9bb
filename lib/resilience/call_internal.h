/* SPDX-License-Identifier: MIT */
#ifndef MSVC_RESILIENCE_CALL_INTERNAL_H
#define MSVC_RESILIENCE_CALL_INTERNAL_H

#include <msvc/run.h>

/* Wait for what the run waits for, and for this descriptor; -1: none. */
void msvc__call_wait(struct msvc_run *run, int fd);

/* Report, and see to what the attempt made. */
void msvc__call_report(struct msvc_run *run, struct msvc_attempt *attempt, int status);

#endif
