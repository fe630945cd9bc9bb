/* SPDX-License-Identifier: MIT */
/* The private server that `with postgres -- …` started for this test. */
#ifndef MSVC_TEST_POSTGRES_SERVER_H
#define MSVC_TEST_POSTGRES_SERVER_H

#include <msvc/base.h>

struct msvc_store;

/* $POSTGRES_URL; ends the program when there is none. */
const char *postgres_url(void);

/* End the server as a crash would; start it again on the same port and data. */
void postgres_kill(void);
void postgres_start(void);

/* Run SQL through psql; ends the program when psql says no. */
void psql(const char *sql);

/* A store over the server, with the outbox migrated and empty. */
struct msvc_store *postgres_store(void);

#endif
