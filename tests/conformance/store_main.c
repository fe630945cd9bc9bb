/* SPDX-License-Identifier: MIT */
#include "store_suite.h"

#include <stdio.h>
#include <string.h>

int run_store_suite(const struct store_subject *subject, int argc, char **argv)
{
    const struct {
        const char *name;
        int (*run)(const struct store_subject *subject);
    } suites[] = {
        { "store", store_suite },
        { "outbox", outbox_suite },
        { "inbox", inbox_suite },
    };

    for (size_t i = 0; argc == 2 && i < sizeof(suites) / sizeof(suites[0]); i++) {
        if (strcmp(argv[1], suites[i].name) == 0)
            return suites[i].run(subject);
    }
    (void)fprintf(stderr, "usage: %s store|outbox|inbox\n", argv[0]);
    return 2;
}
