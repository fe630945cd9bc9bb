/* SPDX-License-Identifier: MIT */
#include "bus_suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/uuid.h>

#include "bus_suite_internal.h"
#include "bus_support.h"

static struct bus_engine *current; /* cmocka hands no argument to a group's setup */

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    char id[MSVC_UUID_SIZE];

    if (f == NULL || (current->setup != NULL && current->setup(current) != 0))
        return -1;
    msvc_uuid_new(id, NULL, NULL);
    f->engine = current;
    (void)snprintf(f->prefix, sizeof(f->prefix), "t%.12s", id + 24);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    while (f->bus_count > 0)
        msvc_bus_close(f->buses[--f->bus_count]);
    for (size_t i = 0; i < f->recorder_count; i++)
        free(f->recorders[i]);
    if (current->teardown != NULL)
        current->teardown(current);
    free(f);
    return 0;
}

static size_t add(struct CMUnitTest *tests, size_t count, const struct CMUnitTest *more)
{
    for (; more->name != NULL; more++) {
        tests[count] = *more;
        tests[count].setup_func = setup;
        tests[count].teardown_func = teardown;
        count++;
    }
    return count;
}

int bus_suite(struct bus_engine *engine)
{
    struct CMUnitTest tests[5 * BUS_TESTS_MOST];
    size_t count = 0;

    current = engine;
    if (engine->patience_ms == 0)
        engine->patience_ms = 10000;
    count = add(tests, count, bus_publish_tests);
    count = add(tests, count, bus_group_tests);
    count = add(tests, count, bus_settle_tests);
    count = add(tests, count, bus_order_tests);
    count = add(tests, count, bus_recovery_tests);
    return _cmocka_run_group_tests(engine->name, tests, count, NULL, NULL);
}
