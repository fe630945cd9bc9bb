/* SPDX-License-Identifier: MIT */
/*
 * How a commit in this process wakes the relays of the same store: shorter
 * than any way through the database.
 */
#ifndef MSVC_STORE_WAKE_INTERNAL_H
#define MSVC_STORE_WAKE_INTERNAL_H

#include <msvc/base.h>

struct msvc_store;
struct msvc_tx;

/* Signal fd (of msvc__wake_open()) after each commit that appended. Returns 0 or MSVC_ERR_NOMEM. */
int msvc__store_watch(struct msvc_store *store, int fd);
void msvc__store_unwatch(struct msvc_store *store, int fd);

/* This transaction appended to the outbox. */
void msvc__tx_appended(struct msvc_tx *tx);

#endif
