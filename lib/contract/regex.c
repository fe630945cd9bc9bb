/* SPDX-License-Identifier: MIT */
/*
 * PCRE2 with a limit on its steps, so that a pattern that never ends is a
 * finding and not a hang. Classes such as \w know all of Unicode.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include <stdlib.h>

#include <pcre2.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/rules_internal.h"

#define STEPS_MAX 1000000
#define DEPTH_MAX 10000
#define HEAP_KIB  20480

struct msvc__regex {
    pcre2_code *code;
    pcre2_match_context *limits;
};

static void *allocate(size_t size, void *user)
{
    (void)user;
    return msvc__grow(NULL, size); /* PCRE2 fills what it uses */
}

static void release(void *block, void *user)
{
    (void)user;
    free(block);
}

/* Compile and set the limits. Returns 0, MSVC_ERR_MALFORMED or MSVC_ERR_NOMEM. */
static int compile(struct msvc__regex *r, pcre2_general_context *memory, const char *text,
                   struct msvc_error *err)
{
    pcre2_compile_context *context = pcre2_compile_context_create(memory);
    PCRE2_UCHAR reason[128];
    PCRE2_SIZE at = 0;
    int code = 0;

    if (context == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "contract", 0, "no memory");
    r->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                            PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_UTF | PCRE2_UCP, &code, &at,
                            context);
    pcre2_compile_context_free(context);
    r->limits = r->code != NULL ? pcre2_match_context_create(memory) : NULL;
    if (r->limits != NULL) {
        (void)pcre2_set_match_limit(r->limits, STEPS_MAX);
        (void)pcre2_set_depth_limit(r->limits, DEPTH_MAX);
        (void)pcre2_set_heap_limit(r->limits, HEAP_KIB);
        return 0;
    }
    if (r->code != NULL || code == PCRE2_ERROR_NOMEMORY || code == 121)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "contract", 0, "no memory");
    (void)pcre2_get_error_message(code, reason, sizeof(reason));
    return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", code,
                          "regex \"%s\", character %zu: %s", text, (size_t)at + 1,
                          (const char *)reason);
}

int msvc__regex_new(struct msvc__regex **out, const char *text, struct msvc_error *err)
{
    struct msvc__regex *r = msvc__new(sizeof(*r));
    pcre2_general_context *memory = pcre2_general_context_create(allocate, release, NULL);
    int status;

    if (r == NULL || memory == NULL)
        status = msvc_error_set(err, MSVC_ERR_NOMEM, "contract", 0, "no memory");
    else
        status = compile(r, memory, text, err);
    pcre2_general_context_free(memory);
    if (status < 0)
        msvc__regex_free(r);
    else
        *out = r;
    return status;
}

void msvc__regex_free(struct msvc__regex *r)
{
    if (r == NULL)
        return;
    pcre2_match_context_free(r->limits);
    pcre2_code_free(r->code);
    free(r);
}

static int status_of(int found)
{
    if (found >= 0)
        return 1;
    switch (found) {
    case PCRE2_ERROR_NOMATCH:
        return 0;
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
        return MSVC_ERR_LIMIT;
    case PCRE2_ERROR_NOMEMORY:
        return MSVC_ERR_NOMEM;
    default:
        return MSVC_ERR_MALFORMED;
    }
}

int msvc__regex_match(const struct msvc__regex *r, const char *text, size_t length)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(r->code, NULL);
    int found;

    if (data == NULL)
        return MSVC_ERR_NOMEM;
    found = pcre2_match(r->code, (PCRE2_SPTR)text, length, 0, 0, data, r->limits);
    pcre2_match_data_free(data);
    return status_of(found);
}

int msvc__regex_group(const struct msvc__regex *r, const char *text, size_t length, size_t *start,
                      size_t *end)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(r->code, NULL);
    const PCRE2_SIZE *groups;
    int found;

    if (data == NULL)
        return MSVC_ERR_NOMEM;
    found = pcre2_match(r->code, (PCRE2_SPTR)text, length, 0, 0, data, r->limits);
    groups = pcre2_get_ovector_pointer(data);
    if (found == 1 || (found > 1 && groups[2] == PCRE2_UNSET))
        found = PCRE2_ERROR_NOMATCH;
    if (found > 1) {
        *start = groups[2];
        *end = groups[3];
    }
    pcre2_match_data_free(data);
    return status_of(found);
}
