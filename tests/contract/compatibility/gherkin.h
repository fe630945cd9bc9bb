/* SPDX-License-Identifier: MIT */
/*
 * Gherkin as the Pact compatibility suite writes it: features, backgrounds,
 * scenarios, outlines with examples, tables, doc strings, tags and comments.
 */
#ifndef MSVC_TEST_GHERKIN_H
#define MSVC_TEST_GHERKIN_H

#include <stddef.h>

struct gherkin_table {
    char **cells; /* row by row */
    size_t rows;
    size_t columns;
};

struct gherkin_step {
    const char *text; /* without Given, When, Then, And, But or * */
    struct gherkin_table table;
    const char *document; /* of a doc string; NULL without one */
};

struct gherkin_scenario {
    const char *name;           /* of an outline with the number of its example */
    struct gherkin_step *steps; /* those of the background first */
    size_t count;
};

struct gherkin_feature {
    const char *name;
    struct gherkin_scenario *scenarios;
    size_t count;
    void **blocks; /* all memory but this one */
    size_t block_count;
};

/* Read a text; NULL with a reason when it is no Gherkin, or memory runs out. */
struct gherkin_feature *gherkin_read(const char *text, char why[256]);
void gherkin_free(struct gherkin_feature *feature);

/* A cell by the name of its column; NULL when there is no such column or row. Row 0 is the first
 * under the header. */
const char *gherkin_cell(const struct gherkin_table *table, size_t row, const char *column);

#endif
