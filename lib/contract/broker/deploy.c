/* SPDX-License-Identifier: MIT */
/* The matrix: which versions were verified against each other. No relation leads there. */
#include <msvc/contract_deploy.h>

#include <stdlib.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "contract/broker/broker_internal.h"

struct msvc_pact_matrix {
    struct msvc_pact_broker_reply *reply;
    struct msvc_pact_matrix_row *rows; /* what they point to is the reply's */
    size_t count;
};

static void add_pair(struct msvc_buffer *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    msvc_buffer_text(out, out->data != NULL && out->data[out->length - 1] == '?' ? "" : "&");
    msvc__broker_encode(out, name);
    msvc_buffer_byte(out, '=');
    msvc__broker_encode(out, value);
}

static void add_version(struct msvc_buffer *out, const struct msvc_pact_version *v)
{
    add_pair(out, "q[][pacticipant]", v->pacticipant);
    add_pair(out, "q[][version]", v->version);
    add_pair(out, "q[][latest]", v->is_latest ? "true" : NULL);
    add_pair(out, "q[][branch]", v->branch);
    add_pair(out, "q[][mainBranch]", v->is_main_branch ? "true" : NULL);
    add_pair(out, "q[][tag]", v->tag);
}

static void add_ignored(struct msvc_buffer *out, const struct msvc_pact_version *v)
{
    for (; v != NULL && v->pacticipant != NULL; v++) {
        add_pair(out, "ignore[][pacticipant]", v->pacticipant);
        add_pair(out, "ignore[][version]", v->version);
    }
}

/* A single version is compared with the latest of the others unless something else is asked. */
static void write_query(struct msvc_buffer *out, const struct msvc_pact_deployment_query *q)
{
    bool is_single = q->versions[1].pacticipant == NULL;
    bool wants_latest = q->to_tag != NULL || q->to_branch != NULL || q->to_main_branch ||
                        (is_single && q->to_environment == NULL);

    msvc_buffer_text(out, "/matrix?");
    for (const struct msvc_pact_version *v = q->versions; v->pacticipant != NULL; v++)
        add_version(out, v);
    add_pair(out, "latestby", is_single ? "cvp" : "cvpv");
    add_pair(out, "latest", wants_latest ? "true" : NULL);
    add_pair(out, "tag", q->to_tag);
    add_pair(out, "branch", q->to_branch);
    add_pair(out, "mainBranch", q->to_main_branch ? "true" : NULL);
    add_pair(out, "environment", q->to_environment);
    add_pair(out, "success[]", q->only_successes ? "true" : NULL);
    add_ignored(out, q->ignored);
}

static const char *text_or_empty(const struct msvc_json *value)
{
    const char *text = msvc_json_string(value, NULL);

    return text != NULL ? text : "";
}

static enum msvc_pact_deployable read_answer(const struct msvc_json *value)
{
    switch (msvc_json_type(value)) {
    case MSVC_JSON_TRUE:
        return MSVC_PACT_DEPLOYABLE;
    case MSVC_JSON_FALSE:
        return MSVC_PACT_NOT_DEPLOYABLE;
    default:
        return MSVC_PACT_UNKNOWN;
    }
}

static const char *number_of(const struct msvc_json *participant)
{
    return text_or_empty(msvc_json_member(msvc_json_member(participant, "version"), "number"));
}

static void read_row(struct msvc_pact_matrix_row *out, const struct msvc_json *row)
{
    const struct msvc_json *consumer = msvc_json_member(row, "consumer");
    const struct msvc_json *provider = msvc_json_member(row, "provider");
    const struct msvc_json *result = msvc_json_member(row, "verificationResult");
    const char *url = msvc__hal_link(result, "self", NULL);

    out->consumer = text_or_empty(msvc_json_member(consumer, "name"));
    out->consumer_version = number_of(consumer);
    out->provider = text_or_empty(msvc_json_member(provider, "name"));
    out->provider_version = number_of(provider);
    out->result = read_answer(msvc_json_member(result, "success"));
    out->is_ignored = msvc_json_type(msvc_json_member(row, "ignored")) == MSVC_JSON_TRUE;
    out->url = url != NULL ? url : "";
}

static int read_rows(struct msvc_pact_matrix *matrix, struct msvc_error *err)
{
    const struct msvc_json *rows = msvc_json_member(msvc__reply_root(matrix->reply), "matrix");

    if (msvc_json_type(rows) != MSVC_JSON_ARRAY)
        rows = NULL;
    matrix->rows = msvc__new_array(msvc_json_count(rows) + 1, sizeof(*matrix->rows));
    if (matrix->rows == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory");
    for (const struct msvc_json *row = msvc_json_first(rows); row != NULL;
         row = msvc_json_next(row))
        read_row(&matrix->rows[matrix->count++], row);
    return 0;
}

static int ask(struct msvc_pact_matrix *matrix, struct msvc_pact_broker *broker,
               const struct msvc_pact_deployment_query *q, struct msvc_error *err)
{
    struct msvc_buffer target = MSVC_BUFFER_INIT;
    int status;

    write_query(&target, q);
    status =
        msvc_buffer_status(&target) < 0
            ? msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory")
            : msvc__broker_send(
                  &matrix->reply, broker,
                  &(struct msvc__broker_call){ .target = target.data, .needs_json = true }, err);
    msvc_buffer_clear(&target);
    return status == 0 ? read_rows(matrix, err) : status;
}

int msvc_pact_broker_can_i_deploy(struct msvc_pact_broker *broker,
                                  const struct msvc_pact_deployment_query *query,
                                  struct msvc_pact_matrix **out, struct msvc_error *err)
{
    struct msvc_pact_deployment_query q;
    struct msvc_pact_matrix *matrix;
    int status = msvc__options_copy(&q, sizeof(q), query);

    if (status < 0 || broker == NULL || out == NULL || q.versions == NULL ||
        q.versions[0].pacticipant == NULL)
        return msvc__broker_invalid(err, "at least one version of a participant");
    matrix = msvc__new(sizeof(*matrix));
    if (matrix == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__BROKER, 0, "no memory");
    status = ask(matrix, broker, &q, err);
    if (status < 0)
        msvc_pact_matrix_free(matrix);
    else
        *out = matrix;
    return status;
}

void msvc_pact_matrix_free(struct msvc_pact_matrix *matrix)
{
    if (matrix == NULL)
        return;
    msvc_pact_broker_reply_free(matrix->reply);
    free(matrix->rows);
    free(matrix);
}

static const struct msvc_json *summary_of(const struct msvc_pact_matrix *matrix)
{
    return matrix != NULL ? msvc_json_member(msvc__reply_root(matrix->reply), "summary") : NULL;
}

enum msvc_pact_deployable msvc_pact_matrix_answer(const struct msvc_pact_matrix *matrix)
{
    return read_answer(msvc_json_member(summary_of(matrix), "deployable"));
}

const char *msvc_pact_matrix_reason(const struct msvc_pact_matrix *matrix)
{
    return text_or_empty(msvc_json_member(summary_of(matrix), "reason"));
}

size_t msvc_pact_matrix_count(const struct msvc_pact_matrix *matrix)
{
    return matrix != NULL ? matrix->count : 0;
}

const struct msvc_pact_matrix_row *msvc_pact_matrix_row(const struct msvc_pact_matrix *matrix,
                                                        size_t index)
{
    return index < msvc_pact_matrix_count(matrix) ? &matrix->rows[index] : NULL;
}

const struct msvc_pact_broker_reply *msvc_pact_matrix_reply(const struct msvc_pact_matrix *matrix)
{
    return matrix != NULL ? matrix->reply : NULL;
}
