/* SPDX-License-Identifier: MIT */
/* What differed, kept as texts: whoever reads it needs neither the pact nor the answer any more. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/match_internal.h"

#define TEXTS 7

static char *copy(const char *text)
{
    return msvc__copy_text(text != NULL ? text : "");
}

static void clear(struct msvc_contract_mismatch *one)
{
    const char *texts[TEXTS] = { one->part,     one->path,   one->rule,   one->rule_path,
                                 one->expected, one->actual, one->message };

    for (size_t i = 0; i < TEXTS; i++)
        free((void *)(uintptr_t)texts[i]);
}

static bool is_whole(const struct msvc_contract_mismatch *one)
{
    return one->part != NULL && one->path != NULL && one->rule != NULL && one->rule_path != NULL &&
           one->expected != NULL && one->actual != NULL && one->message != NULL;
}

/* Whether there is room for one more. */
static bool grow(struct msvc__mismatches *list)
{
    struct msvc_contract_mismatch *grown;

    if ((list->count & (list->count - 1)) != 0) /* full only at powers of two */
        return true;
    grown = msvc__grow(list->items, (list->count > 0 ? list->count * 2 : 1) * sizeof(*grown));
    if (grown != NULL)
        list->items = grown;
    return grown != NULL;
}

void msvc__mismatch_add(struct msvc__mismatches *list, const struct msvc_contract_mismatch *found,
                        const char *message, ...)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_contract_mismatch one;
    va_list arguments;

    list->found++;
    if (list->count == MSVC_CONTRACT_MISMATCHES_MAX || list->status < 0 || list->counts_only)
        return;
    va_start(arguments, message);
    msvc_buffer_vprintf(&text, message, arguments);
    va_end(arguments);
    one = (struct msvc_contract_mismatch){
        .part = copy(found->part),
        .path = copy(found->path),
        .rule = copy(found->rule),
        .rule_path = copy(found->rule_path),
        .expected = copy(found->expected),
        .actual = copy(found->actual),
        .message = msvc_buffer_steal(&text),
    };
    msvc_buffer_clear(&text);
    if (is_whole(&one) && grow(list)) {
        list->items[list->count++] = one;
        return;
    }
    clear(&one);
    list->status = MSVC_ERR_NOMEM;
}

/* "[9]" before "[10]". */
static int compare_paths(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        size_t left = strspn(a, "0123456789");
        size_t right = strspn(b, "0123456789");

        if (left != right && left > 0 && right > 0)
            return left < right ? -1 : 1; /* indexes have no zeros in front */
        if (*a != *b)
            break;
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

static int by_path(const void *a, const void *b)
{
    const struct msvc_contract_mismatch *left = a;
    const struct msvc_contract_mismatch *right = b;
    int order = compare_paths(left->path, right->path);

    if (order == 0)
        order = strcmp(left->message, right->message);
    if (order == 0)
        order = strcmp(left->expected, right->expected);
    return order != 0 ? order : strcmp(left->actual, right->actual);
}

void msvc__mismatches_sort(struct msvc__mismatches *list)
{
    for (size_t start = 0; start < list->count;) {
        size_t end = start + 1;

        while (end < list->count && strcmp(list->items[end].part, list->items[start].part) == 0)
            end++;
        qsort(list->items + start, end - start, sizeof(*list->items), by_path);
        start = end;
    }
}

void msvc__mismatches_clear(struct msvc__mismatches *list)
{
    for (size_t i = 0; i < list->count; i++)
        clear(&list->items[i]);
    free(list->items);
    *list = (struct msvc__mismatches){ .items = NULL };
}

void msvc__mismatch_json(struct msvc_json_writer *w, const struct msvc_contract_mismatch *one)
{
    msvc_json_begin_object(w);
    msvc_json_member_text(w, "part", one->part);
    msvc_json_member_text(w, "path", one->path);
    msvc_json_member_text(w, "rule", one->rule);
    msvc_json_member_text(w, "rulePath", one->rule_path);
    msvc_json_member_text(w, "expected", one->expected);
    msvc_json_member_text(w, "actual", one->actual);
    msvc_json_member_text(w, "message", one->message);
    msvc_json_end_object(w);
}
