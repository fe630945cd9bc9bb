/* SPDX-License-Identifier: MIT */
/*
 * What every store driver must do: one suite each for store, outbox and inbox.
 * A driver's test program gives a subject and runs the suite it was asked for.
 */
#ifndef MSVC_TEST_STORE_SUITE_H
#define MSVC_TEST_STORE_SUITE_H

#include <stddef.h>

struct msvc_store_driver;

#define STORE_URL_SIZE 512

/* A driver and where its databases come from. */
struct store_subject {
    const char *name; /* of the dialect */
    const struct msvc_store_driver *driver;

    /* Make an empty database and write its URL; destroy it with everything in it. Each returns 0.
     */
    int (*create)(char url[STORE_URL_SIZE]);
    int (*destroy)(const char *url);
};

/* Each returns how many tests failed. */
int store_suite(const struct store_subject *subject);
int outbox_suite(const struct store_subject *subject);
int inbox_suite(const struct store_subject *subject);

/* For main(): run the suite that argv[1] names: "store", "outbox" or "inbox". */
int run_store_suite(const struct store_subject *subject, int argc, char **argv);

#endif
