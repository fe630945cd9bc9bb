/* SPDX-License-Identifier: MIT */
/*
 * Which interaction a request is, and which one it nearly is. Where two want
 * the same request (they differ in their states), each is answered in turn;
 * after that the last one answers again. The nearest does not depend on the
 * order of the pact.
 */
#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/mock_internal.h"

/* Most findings that are kept. */
#define FINDINGS_MAX 1000

/* A wrong method or a wrong segment of the path outweighs all else. */
#define FAR ((size_t)MSVC_CONTRACT_MISMATCHES_MAX)

static size_t segment(const char **at)
{
    size_t length;

    *at += **at == '/';
    length = strcspn(*at, "/");
    return length;
}

/* How many segments of two paths differ. */
static size_t path_distance(const char *a, const char *b)
{
    size_t differing = 0;

    while (*a != '\0' || *b != '\0') {
        size_t a_length = segment(&a);
        size_t b_length = segment(&b);

        differing += a_length != b_length || memcmp(a, b, a_length) != 0;
        a += a_length;
        b += b_length;
    }
    return differing;
}

static size_t distance(const struct msvc__mismatches *differences, const struct msvc__part *wanted,
                       const struct msvc__part *request)
{
    size_t sum = differences->found;

    for (size_t i = 0; i < differences->count; i++) {
        const char *part = differences->items[i].part;

        if (strcmp(part, "method") == 0)
            sum += FAR;
        else if (strcmp(part, "path") == 0)
            sum += FAR * (1 + path_distance(wanted->path, request->path));
    }
    return sum;
}

bool msvc__mock_is_near(const struct msvc__search *search)
{
    return search->nearest != NULL && search->distance < FAR;
}

static void consider(struct msvc__search *s, const struct msvc__interaction *one,
                     struct msvc__mismatches *differences, const struct msvc__part *request)
{
    size_t length = distance(differences, &one->request, request);

    if (s->nearest != NULL && (length > s->distance ||
                               (length == s->distance && strcmp(one->key, s->nearest->key) >= 0))) {
        msvc__mismatches_clear(differences);
        return;
    }
    msvc__mismatches_clear(&s->differences);
    s->differences = *differences;
    s->distance = length;
    s->nearest = one;
}

int msvc__search_try(struct msvc__search *s, const struct msvc__interaction *one, size_t index,
                     bool is_better, const struct msvc__part *request)
{
    struct msvc__mismatches differences = { .items = NULL };

    if (msvc__match(&differences, &one->request, request) < 0) {
        msvc__mismatches_clear(&differences);
        return MSVC_ERR_NOMEM;
    }
    if (differences.found == 0 && (s->found == NULL || is_better)) {
        s->found = one;
        s->index = index;
    }
    consider(s, one, &differences, request);
    return 0;
}

int msvc__mock_search(struct msvc__search *s, const struct msvc_pact_mock *mock,
                      enum msvc_pact_kind kind, const struct msvc__part *request)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < mock->pact->count; i++) {
        const struct msvc__interaction *one = mock->pact->interactions[i];

        if (one->kind == kind)
            status = msvc__search_try(s, one, i, mock->uses[s->index] > 0, request);
    }
    return status;
}

static void clear_finding(struct msvc__finding *finding)
{
    free(finding->method);
    free(finding->target);
    free(finding->description);
    msvc__mismatches_clear(&finding->mismatches);
}

void msvc__mock_clear_findings(struct msvc_pact_mock *mock)
{
    for (size_t i = 0; i < mock->finding_count; i++)
        clear_finding(&mock->findings[i]);
    free(mock->findings);
    mock->findings = NULL;
    mock->finding_count = 0;
}

/* Taken, in every case. */
static void keep(struct msvc_pact_mock *mock, struct msvc__finding *finding)
{
    struct msvc__finding *grown = NULL;

    if (mock->finding_count < FINDINGS_MAX)
        grown = msvc__grow(mock->findings, (mock->finding_count + 1) * sizeof(*grown));
    if (grown == NULL) {
        mock->is_short = mock->is_short || mock->finding_count < FINDINGS_MAX;
        clear_finding(finding);
        return;
    }
    finding->shown.method = finding->method;
    finding->shown.target = finding->target;
    finding->shown.description = finding->description;
    finding->shown.mismatches = finding->mismatches.items;
    finding->shown.mismatch_count = finding->mismatches.count;
    mock->findings = grown;
    grown[mock->finding_count++] = *finding;
}

static char *write_target(const struct msvc__part *request)
{
    struct msvc_buffer target = MSVC_BUFFER_INIT;
    char *text;

    msvc_buffer_text(&target, request->path != NULL ? request->path : "");
    if (request->query_text != NULL && request->query_text[0] != '\0')
        msvc_buffer_printf(&target, "?%s", request->query_text);
    text = msvc_buffer_status(&target) != 0 ? NULL
           : target.length > 0              ? msvc_buffer_steal(&target)
                                            : msvc__copy_text("");
    msvc_buffer_clear(&target);
    return text;
}

static void copy_mismatches(struct msvc__mismatches *out, const struct msvc__mismatches *list)
{
    for (size_t i = 0; i < list->count; i++)
        msvc__mismatch_add(out, &list->items[i], "%s", list->items[i].message);
}

void msvc__mock_note(struct msvc_pact_mock *mock, const struct msvc__search *s,
                     const struct msvc__part *request)
{
    struct msvc__finding finding = { .shown = { .kind = msvc__mock_is_near(s)
                                                            ? MSVC_PACT_FINDING_MISMATCH
                                                            : MSVC_PACT_FINDING_UNEXPECTED } };

    if (s->found != NULL) {
        mock->uses[s->index]++;
        return;
    }
    mock->unexpected_count++;
    finding.method = msvc__copy_text(request->method != NULL ? request->method : "");
    finding.target = write_target(request);
    finding.description = msvc__copy_text(s->nearest != NULL ? s->nearest->description : "");
    copy_mismatches(&finding.mismatches, &s->differences);
    if (finding.method == NULL || finding.target == NULL || finding.description == NULL ||
        finding.mismatches.status < 0) {
        mock->is_short = true;
        clear_finding(&finding);
        return;
    }
    keep(mock, &finding);
}

static void forget_unused(struct msvc_pact_mock *mock)
{
    size_t kept = 0;

    for (size_t i = 0; i < mock->finding_count; i++) {
        if (mock->findings[i].shown.kind == MSVC_PACT_FINDING_UNUSED)
            clear_finding(&mock->findings[i]);
        else
            mock->findings[kept++] = mock->findings[i];
    }
    mock->finding_count = kept;
}

void msvc__mock_note_unused(struct msvc_pact_mock *mock)
{
    forget_unused(mock);
    for (size_t i = 0; i < mock->pact->count; i++) {
        struct msvc__finding finding = { .shown = { .kind = MSVC_PACT_FINDING_UNUSED } };

        if (mock->uses[i] > 0)
            continue;
        finding.method = msvc__copy_text("");
        finding.target = msvc__copy_text("");
        finding.description = msvc__copy_text(mock->pact->interactions[i]->description);
        if (finding.method == NULL || finding.target == NULL || finding.description == NULL) {
            mock->is_short = true;
            clear_finding(&finding);
            return;
        }
        keep(mock, &finding);
    }
}

void msvc__mock_write_finding(struct msvc_buffer *out, const struct msvc__finding *finding)
{
    if (finding->shown.kind == MSVC_PACT_FINDING_UNUSED) {
        msvc_buffer_printf(out, "not used: \"%s\"\n", finding->description);
        return;
    }
    msvc_buffer_printf(out, "unexpected request %s %s\n", finding->method, finding->target);
    if (finding->mismatches.count == 0)
        return;
    msvc_buffer_printf(out, "  nearest is \"%s\", but\n", finding->description);
    msvc__mismatches_write(out, &finding->mismatches, "    ");
}
