/* SPDX-License-Identifier: MIT */
/* What the programs of this folder link: every driver that was built. */
#ifndef REFERENCE_DRIVERS_H
#define REFERENCE_DRIVERS_H

struct msvc_process_options;

/* Static. */
const struct msvc_process_options *linked_drivers(void);

#endif
