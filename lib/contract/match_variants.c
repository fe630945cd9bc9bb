/* SPDX-License-Identifier: MIT */
/*
 * arrayContains: each variant has to fit at least one element that came, by
 * rules of its own whose root is the element. Others may come besides. When
 * none fits, people are shown the one with the fewest differences.
 */
#include <inttypes.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/canonical_internal.h"
#include "contract/match_internal.h"
#include "contract/matcher_internal.h"

#define SHOWN_BYTES 300

struct search {
    struct msvc__mismatches *out;
    const struct msvc__rule *rule;
    const struct msvc__place *place;
    const struct msvc_json *expected, *actual;
    bool is_request;
};

static const struct msvc_json *element_at(const struct msvc_json *array, size_t index)
{
    const struct msvc_json *element = msvc_json_first(array);

    while (element != NULL && index-- > 0)
        element = msvc_json_next(element);
    return element;
}

/* How many differences an element has. */
static size_t differences(const struct search *s, const struct msvc__rules *rules,
                          const struct msvc_json *example, const struct msvc_json *element)
{
    struct msvc__mismatches found = { .counts_only = true };

    msvc__match_json(&found, rules, s->is_request, example, element);
    if (found.status < 0)
        s->out->status = found.status;
    return found.found;
}

static void add(const struct search *s, const struct msvc_json *example, const char *message)
{
    struct msvc_buffer texts[4] = { MSVC_BUFFER_INIT, MSVC_BUFFER_INIT, MSVC_BUFFER_INIT,
                                    MSVC_BUFFER_INIT };

    if (s->out->counts_only) {
        s->out->found++;
        return;
    }
    msvc__place_write(&texts[0], s->place);
    msvc__rule_describe(&texts[1], s->rule);
    if (example != NULL)
        msvc__subject_show(&texts[2], &(struct msvc__subject){ .json = example });
    msvc__subject_show(&texts[3], &(struct msvc__subject){ .json = s->actual });
    msvc__mismatch_add(s->out,
                       &(struct msvc_contract_mismatch){ .part = "body",
                                                         .path = texts[0].data,
                                                         .rule = texts[1].data,
                                                         .rule_path = s->rule->where,
                                                         .expected = texts[2].data,
                                                         .actual = texts[3].data },
                       "%s", message);
    for (size_t i = 0; i < 4; i++)
        msvc_buffer_clear(&texts[i]);
}

/* What the nearest element lacks, first of all. */
static void write_nearest(struct msvc_buffer *out, const struct search *s,
                          const struct msvc__rules *rules, const struct msvc_json *example,
                          size_t index)
{
    struct msvc__mismatches found = { .items = NULL };

    msvc__match_json(&found, rules, s->is_request, example, element_at(s->actual, index));
    if (found.count > 0)
        msvc_buffer_printf(out, "; nearest is element %zu, where %s: %s", index,
                           found.items[0].path, found.items[0].message);
    msvc__mismatches_clear(&found);
}

static void find(const struct search *s, size_t number, size_t index,
                 const struct msvc__rules *rules)
{
    const struct msvc_json *example = element_at(s->expected, index);
    struct msvc_buffer message = MSVC_BUFFER_INIT;
    size_t fewest = SIZE_MAX;
    size_t nearest = 0;
    size_t at = 0;

    for (const struct msvc_json *one = example != NULL ? msvc_json_first(s->actual) : NULL;
         one != NULL; one = msvc_json_next(one), at++) {
        size_t count = differences(s, rules, example, one);

        if (count == 0)
            return;
        if (count < fewest) {
            fewest = count;
            nearest = at;
        }
    }
    msvc_buffer_printf(&message, "Variant at index %zu (", number);
    if (example != NULL)
        msvc__subject_show(&message, &(struct msvc__subject){ .json = example });
    msvc_buffer_text(&message, example != NULL ? ") was not found in the actual list"
                                               : "no example) was not found in the actual list");
    if (fewest < SIZE_MAX && !s->out->counts_only)
        write_nearest(&message, s, rules, example, nearest);
    add(s, example, message.data != NULL ? message.data : "a variant was not found");
    msvc_buffer_clear(&message);
}

void msvc__match_variants(struct msvc__mismatches *out, const struct msvc__rule *rule,
                          bool is_request, struct msvc__place *place,
                          const struct msvc_json *expected, const struct msvc_json *actual)
{
    static const struct msvc__rules none;
    struct search s = { .out = out,
                        .rule = rule,
                        .place = place,
                        .expected = expected,
                        .actual = actual,
                        .is_request = is_request };

    for (size_t i = 0; i < rule->count; i++) {
        const struct msvc__matcher *m = &rule->matchers[i];

        if (m->kind != MSVC__MATCH_ARRAY_CONTAINS)
            continue;
        for (size_t j = 0; j < m->variant_count; j++)
            find(&s, j, m->variants[j].index, &m->variants[j].rules);
        for (size_t j = 0; m->variant_count == 0 && j < msvc_json_count(expected); j++)
            find(&s, j, j, &none);
    }
}
