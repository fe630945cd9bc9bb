/* SPDX-License-Identifier: MIT */
/* An interaction is the same when consumer, description and states are. */
#include "contract/cli/earlier_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "contract/cli/command_internal.h"

#define LENGTH_MAX ((size_t)256 << 20)

static int read_file(struct msvc_buffer *out, const char *path, struct msvc_error *err)
{
    FILE *file = fopen(path, "r");
    char chunk[16384];
    size_t count = 0;

    while (file != NULL && (count = fread(chunk, 1, sizeof(chunk), file)) > 0)
        msvc_buffer_bytes(out, chunk, count);
    if (file == NULL || ferror(file) != 0)
        (void)msvc_error_set(err, MSVC_ERR_UNAVAILABLE, "verify", errno, "%s: %s", path,
                             strerror(errno));
    else
        err->status = 0;
    if (file != NULL)
        (void)fclose(file);
    return err->status < 0 ? err->status : msvc_buffer_status(out);
}

int cli_earlier_open(struct cli_earlier *out, const char *path)
{
    struct msvc_buffer text = { .limit = LENGTH_MAX };
    struct msvc_error err;
    int status = read_file(&text, path, &err);

    if (status == 0) {
        status = msvc_json_parse(&out->report, text.data != NULL ? text.data : "", text.length,
                                 MSVC_JSON_OPTIONS(.length_limit = LENGTH_MAX), &err);
        if (status < 0)
            msvc_error_prefix(&err, "%s", path);
    }
    msvc_buffer_clear(&text);
    if (status == 0 &&
        msvc_json_type(msvc_json_member(msvc_json_root(out->report), "pacts")) != MSVC_JSON_ARRAY)
        status = msvc_error_set(&err, MSVC_ERR_MALFORMED, "verify", 0,
                                "%s: expected a report as --report json writes it", path);
    return status < 0 ? cli_fail(&err, CLI_BAD_PACT) : CLI_OK;
}

static bool says(const struct msvc_json *value, const char *name, const char *text)
{
    const char *found = msvc_json_string(msvc_json_member(value, name), NULL);

    return found != NULL && strcmp(found, text) == 0;
}

static bool has_failed(const struct msvc_json *pact, const char *description, const char *states)
{
    const struct msvc_json *one = msvc_json_first(msvc_json_member(pact, "interactions"));

    for (; one != NULL; one = msvc_json_next(one)) {
        if (msvc_json_type(msvc_json_member(one, "success")) == MSVC_JSON_FALSE &&
            says(one, "description", description) && says(one, "states", states))
            return true;
    }
    return false;
}

bool cli_earlier_failed(const struct cli_earlier *earlier, const char *consumer,
                        const char *description, const char *states)
{
    const struct msvc_json *pact =
        msvc_json_first(msvc_json_member(msvc_json_root(earlier->report), "pacts"));

    for (; pact != NULL; pact = msvc_json_next(pact)) {
        if (says(pact, "consumer", consumer) && has_failed(pact, description, states))
            return true;
    }
    return false;
}

void cli_earlier_clear(struct cli_earlier *earlier)
{
    msvc_json_free(earlier->report);
    earlier->report = NULL;
}
