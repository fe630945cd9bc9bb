/* SPDX-License-Identifier: MIT */
/*
 * Runs the features of the Pact compatibility suite as they are: each step is
 * looked up in the tables of steps and done; a step that nobody knows fails
 * its scenario.
 *
 *     test_compatibility FOLDER
 */
#include <dirent.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/pact_internal.h"

#include "world.h"

static const struct step_pattern *const tables[] = { consumer_steps, provider_steps, matching_steps,
                                                     generator_steps };

struct counts {
    unsigned done;
    unsigned failed;
};

static bool fits(const char *pattern, const char *text, regmatch_t groups[ARGUMENTS_MAX + 1])
{
    char whole[512];
    regex_t regex;
    bool found;

    (void)snprintf(whole, sizeof(whole), "^%s$", pattern);
    if (regcomp(&regex, whole, REG_EXTENDED) != 0)
        return false;
    found = regexec(&regex, text, ARGUMENTS_MAX + 1, groups, 0) == 0;
    regfree(&regex);
    return found;
}

static void call(struct world *w, const struct step_pattern *known, const struct gherkin_step *step,
                 const regmatch_t groups[ARGUMENTS_MAX + 1])
{
    char *arguments[ARGUMENTS_MAX] = { NULL };

    for (size_t i = 0; i < ARGUMENTS_MAX; i++) {
        if (groups[i + 1].rm_so >= 0)
            arguments[i] = strndup(step->text + groups[i + 1].rm_so,
                                   (size_t)(groups[i + 1].rm_eo - groups[i + 1].rm_so));
    }
    known->step(w, step, arguments);
    for (size_t i = 0; i < ARGUMENTS_MAX; i++)
        free(arguments[i]);
}

static void run_step(struct world *w, const struct gherkin_step *step)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (const struct step_pattern *known = tables[i]; known->pattern != NULL; known++) {
            regmatch_t groups[ARGUMENTS_MAX + 1];

            if (!fits(known->pattern, step->text, groups))
                continue;
            call(w, known, step, groups);
            return;
        }
    }
    world_fail(w, "nobody knows this step");
}

static void run_scenario(struct counts *counts, const char *suite, unsigned version,
                         const char *feature, const struct gherkin_scenario *scenario)
{
    struct world *w = calloc(1, sizeof(*w));
    const char *step = "";

    if (w == NULL)
        exit(1);
    w->suite = suite;
    w->version = version;
    for (size_t i = 0; i < scenario->count && w->why[0] == '\0'; i++) {
        step = scenario->steps[i].text;
        run_step(w, &scenario->steps[i]);
    }
    counts->done++;
    counts->failed += w->why[0] != '\0';
    printf("%sok %u - V%u/%s: %s\n", w->why[0] != '\0' ? "not " : "", counts->done, version,
           feature, scenario->name);
    if (w->why[0] != '\0')
        printf("# %s\n# %s\n", step, w->why);
    consumer_free(w);
    provider_free(w);
    msvc__part_clear(&w->expected);
    for (size_t i = 0; i < w->received_count; i++)
        msvc__part_clear(&w->received[i]);
    msvc__mismatches_clear(&w->mismatches);
    free(w->context);
    free(w);
}

static void run_feature(struct counts *counts, const char *suite, unsigned version,
                        const char *name)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct gherkin_feature *feature = NULL;
    struct msvc_error err;
    char path[1024];
    char why[256] = "it cannot be read";

    (void)snprintf(path, sizeof(path), "%s/features/V%u/%s", suite, version, name);
    if (msvc__pact_load(&text, path, &err) == 0) {
        msvc_buffer_byte(&text, '\0');
        feature = msvc_buffer_status(&text) == 0 ? gherkin_read(text.data, why) : NULL;
    }
    if (feature == NULL) {
        counts->failed++;
        printf("not ok %u - %s\n# %s\n", ++counts->done, path, why);
    }
    for (size_t i = 0; feature != NULL && i < feature->count; i++)
        run_scenario(counts, suite, version, name, &feature->scenarios[i]);
    gherkin_free(feature);
    msvc_buffer_clear(&text);
}

static int is_feature(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 8 && strcmp(entry->d_name + length - 8, ".feature") == 0;
}

int main(int argc, char **argv)
{
    struct counts counts = { 0 };
    const char *wanted = getenv("COMPATIBILITY_ONLY"); /* a part of a feature's file name */

    for (unsigned version = 1; argc > 1 && version <= 4; version++) {
        struct dirent **entries = NULL;
        char folder[1024];
        int found;

        (void)snprintf(folder, sizeof(folder), "%s/features/V%u", argv[1], version);
        found = scandir(folder, &entries, is_feature, alphasort);
        for (int i = 0; i < found; i++) {
            if (wanted == NULL || strstr(entries[i]->d_name, wanted) != NULL)
                run_feature(&counts, argv[1], version, entries[i]->d_name);
            free(entries[i]);
        }
        free(entries);
    }
    if (counts.done == 0) {
        puts("1..0 # SKIP no features of the Pact compatibility suite in the folder named");
        return getenv("CI") != NULL && strcmp(getenv("CI"), "true") == 0 ? 1 : 0;
    }
    printf("1..%u\n", counts.done);
    return counts.failed > 0 ? 1 : 0;
}
