/* SPDX-License-Identifier: MIT */
/* The lists of tests that make up the suite. */
#ifndef MSVC_TEST_BUS_SUITE_INTERNAL_H
#define MSVC_TEST_BUS_SUITE_INTERNAL_H

#include "test.h"

#define BUS_TESTS_MOST 32

/* Each ends with one that has no name. */
extern const struct CMUnitTest bus_publish_tests[];
extern const struct CMUnitTest bus_group_tests[];
extern const struct CMUnitTest bus_settle_tests[];
extern const struct CMUnitTest bus_order_tests[];
extern const struct CMUnitTest bus_recovery_tests[];

#endif
