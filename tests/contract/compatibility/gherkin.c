/* SPDX-License-Identifier: MIT */
/* A line says by its first word what it is, so one pass over the lines is enough. */
#include "gherkin.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW_MAX 64

/* Steps that are being gathered, of a background, a scenario or an outline. */
struct gathered {
    struct gherkin_step *steps;
    size_t count;
};

struct reader {
    struct gherkin_feature *feature;
    char *why;
    unsigned line;
    struct gathered background;
    struct gathered steps;   /* of the scenario that is being read */
    struct gathered *target; /* where a step goes; NULL before the first heading */
    const char *name;        /* of the scenario; NULL in the background */
    bool is_outline;
    bool in_examples;
    struct gherkin_table examples;
    bool failed;
};

__attribute__((format(printf, 2, 3))) static void complain(struct reader *r, const char *format,
                                                           ...)
{
    va_list arguments;
    size_t used;

    if (r->failed)
        return;
    r->failed = true;
    used = (size_t)snprintf(r->why, 256, "line %u: ", r->line);
    va_start(arguments, format);
    (void)vsnprintf(r->why + used, 256 - used, format, arguments);
    va_end(arguments);
}

/* Memory that lives as long as the feature. */
static void *own(struct reader *r, void *block)
{
    struct gherkin_feature *f = r->feature;
    void **grown = realloc(f->blocks, (f->block_count + 1) * sizeof(void *));

    if (block == NULL || grown == NULL) {
        if (grown != NULL)
            f->blocks = grown;
        free(block);
        complain(r, "no memory");
        return NULL;
    }
    f->blocks = grown;
    f->blocks[f->block_count++] = block;
    return block;
}

/* A longer copy of a list; the old one stays until the end. */
static void *longer(struct reader *r, const void *list, size_t count, size_t size)
{
    void *grown = own(r, calloc(count + 1, size));

    if (grown != NULL && count > 0)
        memcpy(grown, list, count * size);
    return grown;
}

static char *copy(struct reader *r, const char *text, size_t length)
{
    char *made = own(r, malloc(length + 1));

    if (made == NULL)
        return NULL;
    memcpy(made, text, length);
    made[length] = '\0';
    return made;
}

/* Cut white space off both ends. */
static char *trim(struct reader *r, const char *text, size_t length)
{
    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL)
        length--;
    while (length > 0 && strchr(" \t", *text) != NULL) {
        text++;
        length--;
    }
    return copy(r, text, length);
}

/* What follows a heading such as "Scenario:"; NULL when the line is another one. */
static const char *after(const char *line, const char *heading)
{
    size_t length = strlen(heading);

    return strncmp(line, heading, length) == 0 ? line + length : NULL;
}

static void add_step(struct reader *r, const char *text)
{
    struct gathered *g = r->target;
    struct gherkin_step *grown;

    if (g == NULL) {
        complain(r, "a step before any scenario");
        return;
    }
    grown = longer(r, g->steps, g->count, sizeof(*grown));
    if (grown == NULL)
        return;
    g->steps = grown;
    grown[g->count++] = (struct gherkin_step){ .text = trim(r, text, strlen(text)) };
}

/* "| a | b \| c |": a backslash keeps a bar, another one and a line break (\n). */
static size_t split_row(struct reader *r, const char *line, char *cells[ROW_MAX])
{
    char cell[8192];
    size_t length = 0;
    size_t count = 0;

    for (line++; *line != '\0' && length < sizeof(cell) - 1; line++) {
        if (*line == '\\' && (line[1] == '|' || line[1] == '\\'))
            cell[length++] = *++line;
        else if (*line != '|')
            cell[length++] = *line;
        else if (count < ROW_MAX) {
            cells[count++] = trim(r, cell, length);
            length = 0;
        }
    }
    return count;
}

static void add_row(struct reader *r, const char *line)
{
    struct gathered *g = r->target;
    struct gherkin_table *table = r->in_examples              ? &r->examples
                                  : g != NULL && g->count > 0 ? &g->steps[g->count - 1].table
                                                              : NULL;
    char *cells[ROW_MAX];
    size_t count = split_row(r, line, cells);
    char **grown;

    if (table == NULL || (table->rows > 0 && table->columns != count)) {
        complain(r, "a row of %zu cells that belongs to nothing", count);
        return;
    }
    grown = own(r, calloc((table->rows + 1) * count + 1, sizeof(char *)));
    if (grown == NULL)
        return;
    if (table->rows > 0)
        memcpy(grown, table->cells, table->rows * count * sizeof(char *));
    memcpy(grown + table->rows * count, cells, count * sizeof(char *));
    table->cells = grown;
    table->columns = count;
    table->rows++;
}

static void add_scenario(struct reader *r, const char *name, const struct gathered *steps)
{
    struct gherkin_feature *f = r->feature;
    struct gherkin_scenario *grown = longer(r, f->scenarios, f->count, sizeof(*grown));
    size_t count = r->background.count + steps->count;
    struct gherkin_step *all = own(r, calloc(count + 1, sizeof(*all)));

    if (grown == NULL || all == NULL)
        return;
    for (size_t i = 0; i < r->background.count; i++)
        all[i] = r->background.steps[i];
    for (size_t i = 0; i < steps->count; i++)
        all[r->background.count + i] = steps->steps[i];
    f->scenarios = grown;
    grown[f->count++] = (struct gherkin_scenario){ .name = name, .steps = all, .count = count };
}

/* Put an example's values where <column> stands. */
static const char *fill(struct reader *r, const char *text, size_t row)
{
    char out[8192];
    size_t used = 0;

    for (; text != NULL && *text != '\0' && used < sizeof(out) - 1;) {
        const char *end = *text == '<' ? strchr(text, '>') : NULL;
        const char *value = NULL;

        for (size_t i = 0; end != NULL && i < r->examples.columns; i++) {
            const char *name = r->examples.cells[i];

            if (strlen(name) == (size_t)(end - text - 1) &&
                strncmp(name, text + 1, strlen(name)) == 0)
                value = r->examples.cells[row * r->examples.columns + i];
        }
        if (value == NULL) {
            out[used++] = *text++;
            continue;
        }
        used += (size_t)snprintf(out + used, sizeof(out) - used, "%s", value);
        text = end + 1;
    }
    return text != NULL ? copy(r, out, used) : NULL;
}

static void add_example(struct reader *r, size_t row)
{
    struct gathered filled = { .count = r->steps.count };
    char name[512];

    filled.steps = own(r, calloc(filled.count + 1, sizeof(*filled.steps)));
    if (filled.steps == NULL)
        return;
    for (size_t i = 0; i < filled.count; i++) {
        const struct gherkin_step *step = &r->steps.steps[i];
        struct gherkin_table table = step->table;

        table.cells = own(r, calloc(table.rows * table.columns + 1, sizeof(char *)));
        for (size_t j = 0; table.cells != NULL && j < table.rows * table.columns; j++)
            table.cells[j] = (char *)(uintptr_t)fill(r, step->table.cells[j], row);
        filled.steps[i] =
            (struct gherkin_step){ fill(r, step->text, row), table, fill(r, step->document, row) };
    }
    (void)snprintf(name, sizeof(name), "%s (example %zu)", r->name, row);
    add_scenario(r, copy(r, name, strlen(name)), &filled);
}

/* The scenario before the line that is being read is complete. */
static void end_scenario(struct reader *r)
{
    if (r->name != NULL && !r->is_outline)
        add_scenario(r, r->name, &r->steps);
    for (size_t row = 1; r->name != NULL && r->is_outline && row < r->examples.rows; row++)
        add_example(r, row);
    r->name = NULL;
    r->is_outline = false;
    r->in_examples = false;
    r->examples = (struct gherkin_table){ .cells = NULL };
    r->steps = (struct gathered){ .steps = NULL };
}

static bool read_heading(struct reader *r, const char *line)
{
    const char *name;

    if ((name = after(line, "Feature:")) != NULL) {
        r->feature->name = trim(r, name, strlen(name));
    } else if (after(line, "Background:") != NULL) {
        end_scenario(r);
        r->target = &r->background;
    } else if ((name = after(line, "Scenario Outline:")) != NULL ||
               (name = after(line, "Scenario Template:")) != NULL) {
        end_scenario(r);
        r->name = trim(r, name, strlen(name));
        r->is_outline = true;
        r->target = &r->steps;
    } else if ((name = after(line, "Scenario:")) != NULL ||
               (name = after(line, "Example:")) != NULL) {
        end_scenario(r);
        r->name = trim(r, name, strlen(name));
        r->target = &r->steps;
    } else if (after(line, "Examples:") != NULL || after(line, "Scenarios:") != NULL) {
        r->in_examples = true;
    } else {
        return false;
    }
    return true;
}

static void read_line(struct reader *r, const char *line)
{
    static const char *const words[] = { "Given ", "When ", "Then ", "And ", "But ", "* " };

    if (*line == '\0' || *line == '#' || *line == '@' || read_heading(r, line))
        return;
    if (*line == '|') {
        add_row(r, line);
        return;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *text = after(line, words[i]);

        if (text != NULL) {
            add_step(r, text);
            return;
        }
    }
    if (r->target != NULL) /* else it describes the feature */
        complain(r, "expected a step, found \"%.60s\"", line);
}

/* A doc string: up to the next line of three quotes, without the indentation of the first. */
static const char *read_document(struct reader *r, const char *text, size_t indentation)
{
    const char *end = strstr(text, "\n");
    char *document = own(r, calloc(strlen(text) + 1, 1));
    size_t used = 0;

    for (text = end; document != NULL && text != NULL && *text == '\n'; text = strchr(text, '\n')) {
        size_t length = strcspn(++text, "\n");
        size_t blank = strspn(text, " \t");

        r->line++;
        if (strncmp(text + blank, "\"\"\"", 3) == 0) {
            document[used > 0 ? used - 1 : 0] = '\0';
            if (r->target != NULL && r->target->count > 0)
                r->target->steps[r->target->count - 1].document = document;
            return text + length;
        }
        blank = blank < indentation ? blank : indentation;
        memcpy(document + used, text + blank, length - blank);
        used += length - blank;
        document[used++] = '\n';
    }
    complain(r, "a doc string without an end");
    return "";
}

struct gherkin_feature *gherkin_read(const char *text, char why[256])
{
    struct reader r = { .feature = calloc(1, sizeof(struct gherkin_feature)), .why = why };

    while (r.feature != NULL && !r.failed && *text != '\0') {
        size_t length = strcspn(text, "\n");
        size_t blank = strspn(text, " \t");
        const char *line;

        r.line++;
        if (strncmp(text + blank, "\"\"\"", 3) == 0) {
            text = read_document(&r, text, blank);
        } else {
            line = trim(&r, text, length);
            if (line != NULL)
                read_line(&r, line);
            text += length;
        }
        text += *text == '\n';
    }
    if (r.feature != NULL && !r.failed)
        end_scenario(&r);
    if (!r.failed && r.feature != NULL && r.feature->name != NULL)
        return r.feature;
    complain(&r, "expected a feature");
    gherkin_free(r.feature);
    return NULL;
}

void gherkin_free(struct gherkin_feature *feature)
{
    if (feature == NULL)
        return;
    for (size_t i = 0; i < feature->block_count; i++)
        free(feature->blocks[i]);
    free(feature->blocks);
    free(feature);
}

const char *gherkin_cell(const struct gherkin_table *table, size_t row, const char *column)
{
    if (row + 1 >= table->rows)
        return NULL;
    for (size_t i = 0; i < table->columns; i++) {
        if (strcmp(table->cells[i], column) == 0)
            return table->cells[(row + 1) * table->columns + i];
    }
    return NULL;
}
