/* SPDX-License-Identifier: MIT */
/*
 * What arrayContains, eachKey and eachValue carry: rules of their own. Those
 * of eachValue become a rule at the path behind (rules.c); those of eachKey
 * are asked here; variants are looked for by the walk (match_variants.c).
 */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/attributes_internal.h"
#include "contract/matcher_internal.h"

#define VARIANTS_MAX 1000

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, "contract", 0, "no memory");
}

static int read_variant(struct msvc__variant *out, const struct msvc_json *json,
                        struct msvc_error *err)
{
    int64_t index = 0;
    int status = msvc__attribute_int(&index, NULL, json, "index", 0, err);

    out->index = (size_t)index;
    if (status == 0)
        status = msvc__rules_read_paths(&out->rules, msvc_json_member(json, "rules"), err);
    if (status == 0)
        status = msvc__generators_read_paths(&out->generators, msvc_json_member(json, "generators"),
                                             err);
    return status;
}

int msvc__matcher_read_variants(struct msvc__matcher *m, const struct msvc_json *json,
                                struct msvc_error *err)
{
    const struct msvc_json *list = msvc_json_member(json, "variants");
    size_t count = msvc_json_count(list);
    int status = 0;

    if (msvc_json_type(list) != MSVC_JSON_ARRAY || count > VARIANTS_MAX)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected matcher \"%s\" to have a list of at most %d \"variants\"",
                              m->name, VARIANTS_MAX);
    m->variants = msvc__new_array(count + 1, sizeof(*m->variants));
    if (m->variants == NULL)
        return no_memory(err);
    for (const struct msvc_json *one = msvc_json_first(list); status == 0 && one != NULL;
         one = msvc_json_next(one))
        status = read_variant(&m->variants[m->variant_count++], one, err);
    return status;
}

/* {"match":"eachKey","rules":[{"match":"regex",…}],"value":"an example"}. */
int msvc__matcher_read_each(struct msvc__matcher *m, const struct msvc_json *json,
                            struct msvc_error *err)
{
    const struct msvc_json *rules = msvc_json_member(json, "rules");
    int status = msvc__attribute_text(&m->text, json, "value", NULL);

    if (status == MSVC_ERR_NOMEM)
        return no_memory(err);
    if (rules == NULL || (msvc_json_type(rules) == MSVC_JSON_ARRAY && msvc_json_count(rules) == 0))
        return 0;
    m->each = msvc__new(sizeof(*m->each));
    return m->each != NULL ? msvc__rule_read(m->each, rules, err) : no_memory(err);
}

bool msvc__accepts_keys(const struct msvc__matcher *m, const struct msvc__subject *actual,
                        struct msvc_buffer *why)
{
    for (const struct msvc_json *member = m->each != NULL ? msvc_json_first(actual->json) : NULL;
         member != NULL; member = msvc_json_next(member)) {
        struct msvc__subject key = { .json = NULL };
        struct msvc__subject example;

        key.text = msvc_json_name(member, &key.length);
        if (key.text == NULL) /* of a list: it has no keys */
            return true;
        example = key;
        if (m->text != NULL)
            example = (struct msvc__subject){ .text = m->text, .length = strlen(m->text) };
        if (!msvc__rule_accepts(m->each, &example, &key, false, why))
            return false;
    }
    return true;
}

bool msvc__rule_has_generators(const struct msvc__rule *rule)
{
    for (size_t i = 0; i < rule->count; i++) {
        for (size_t j = 0; j < rule->matchers[i].variant_count; j++) {
            if (rule->matchers[i].variants[j].generators.count > 0)
                return true;
        }
    }
    return false;
}
