/* SPDX-License-Identifier: MIT */
/*
 * Writes a JSON body once more, with new values where generators stand.
 * Variants of arrayContains have generators of their own, whose root is the
 * element that is their example.
 */
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/canonical_internal.h"
#include "contract/generate_internal.h"
#include "contract/matcher_internal.h"

struct walk {
    const struct msvc__generate_run *run;
    const struct msvc__rules *rules;
    const struct msvc__generators *generators;
    struct msvc_buffer *out;
    int status;
};

static void write(struct walk *w, struct msvc__place *place, const struct msvc_json *value);

static void write_members(struct walk *w, struct msvc__place *place, const struct msvc_json *value)
{
    struct msvc__place child = { .parent = place, .depth = place->depth + 1 };

    msvc_buffer_byte(w->out, '{');
    for (const struct msvc_json *member = msvc_json_first(value); member != NULL;
         member = msvc_json_next(member)) {
        child.name = msvc_json_name(member, &child.name_length);
        if (member != msvc_json_first(value))
            msvc_buffer_byte(w->out, ',');
        msvc__canonical_text(w->out, child.name, child.name_length);
        msvc_buffer_byte(w->out, ':');
        write(w, &child, member);
    }
    msvc_buffer_byte(w->out, '}');
}

static const struct msvc__variant *variant_of(const struct msvc__rule *rule, size_t index)
{
    for (size_t i = 0; rule != NULL && i < rule->count; i++) {
        const struct msvc__matcher *m = &rule->matchers[i];

        for (size_t j = 0; j < m->variant_count; j++) {
            if (m->variants[j].index == index && m->variants[j].generators.count > 0)
                return &m->variants[j];
        }
    }
    return NULL;
}

/* An element that is a variant's example is a value of its own. */
static void write_element(struct walk *w, struct msvc__place *place, const struct msvc__rule *rule,
                          const struct msvc_json *element)
{
    const struct msvc__variant *variant = variant_of(rule, place->index);
    struct walk inner;

    if (variant == NULL) {
        write(w, place, element);
        return;
    }
    inner = *w;
    inner.rules = &variant->rules;
    inner.generators = &variant->generators;
    write(&inner, &(struct msvc__place){ .depth = 1 }, element);
    w->status = inner.status;
}

static void write_elements(struct walk *w, struct msvc__place *place, const struct msvc_json *value)
{
    const struct msvc__rule *rule = msvc__rules_for_place(w->rules, place);
    bool has_variants = rule != NULL && msvc__rule_has(rule, MSVC__MATCH_ARRAY_CONTAINS) &&
                        msvc__path_names(&rule->path, place);
    struct msvc__place child = { .parent = place, .depth = place->depth + 1 };

    msvc_buffer_byte(w->out, '[');
    for (const struct msvc_json *element = msvc_json_first(value); element != NULL;
         element = msvc_json_next(element), child.index++) {
        if (element != msvc_json_first(value))
            msvc_buffer_byte(w->out, ',');
        write_element(w, &child, has_variants ? rule : NULL, element);
    }
    msvc_buffer_byte(w->out, ']');
}

/* Whether a new value was written instead of this one. */
static bool generate(struct walk *w, const struct msvc__place *place, const struct msvc_json *value)
{
    const struct msvc__generator *generator = msvc__generator_for(w->generators, place);
    int made;

    if (generator == NULL || w->status < 0)
        return false;
    made =
        msvc__generate_value(w->out, generator, value, w->run->mode, w->run->context, w->run->err);
    if (made < 0)
        msvc_error_prefix(w->run->err, "generator %s at %s", generator->type, generator->where);
    if (made < 0)
        w->status = made;
    return made == 1;
}

static void write(struct walk *w, struct msvc__place *place, const struct msvc_json *value)
{
    if (generate(w, place, value) || w->status < 0)
        return;
    if (msvc_json_type(value) == MSVC_JSON_OBJECT)
        write_members(w, place, value);
    else if (msvc_json_type(value) == MSVC_JSON_ARRAY)
        write_elements(w, place, value);
    else
        (void)msvc__canonical(w->out, value);
}

int msvc__generate_json(struct msvc_buffer *out, const struct msvc__generate_run *run)
{
    struct walk w = {
        .run = run, .rules = &run->part->rules, .generators = &run->part->generators, .out = out
    };

    write(&w, &(struct msvc__place){ .depth = 1 }, msvc_json_root(run->part->json));
    return w.status < 0 ? w.status : msvc_buffer_status(out);
}
