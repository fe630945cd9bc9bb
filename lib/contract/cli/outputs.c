/* SPDX-License-Identifier: MIT */
#include "contract/cli/outputs_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "contract/cli/command_internal.h"

static const struct {
    const char *name;
    enum msvc_contract_format format;
} formats[] = {
    { "text", MSVC_CONTRACT_TEXT },    { "json", MSVC_CONTRACT_JSON },
    { "junit", MSVC_CONTRACT_JUNIT },  { "tap", MSVC_CONTRACT_TAP },
    { "tap13", MSVC_CONTRACT_TAP_13 }, { "github", MSVC_CONTRACT_GITHUB },
};

bool cli_outputs_add(struct cli_outputs *outputs, const char *text)
{
    size_t length = strcspn(text, "=");
    const char *path = text[length] == '=' ? text + length + 1 : NULL;

    if (outputs->count == CLI_OUTPUTS_MAX || (path != NULL && path[0] == '\0'))
        return false;
    if (path != NULL && strcmp(path, "-") == 0)
        path = NULL;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strlen(formats[i].name) != length || strncmp(formats[i].name, text, length) != 0)
            continue;
        outputs->items[outputs->count++] =
            (struct cli_output){ .format = formats[i].format, .path = path };
        return true;
    }
    return false;
}

/* NO_COLOR (no-color.org) counts when it is there and not empty. */
static bool wants_colour(const struct cli_outputs *outputs, const char *path)
{
    const char *no = getenv("NO_COLOR");

    if (outputs->colour != NULL && strcmp(outputs->colour, "auto") != 0)
        return strcmp(outputs->colour, "always") == 0;
    return path == NULL && (no == NULL || no[0] == '\0') && isatty(STDOUT_FILENO) == 1;
}

static int save(const struct msvc_buffer *text, const char *path)
{
    FILE *file = path != NULL ? fopen(path, "w") : stdout;
    struct msvc_error err;
    bool is_written;

    is_written = file != NULL && fwrite(text->data, 1, text->length, file) == text->length;
    if (file != NULL)
        is_written = (path != NULL ? fclose(file) : fflush(file)) == 0 && is_written;
    if (is_written)
        return CLI_OK;
    (void)msvc_error_set(&err, MSVC_ERR_UNAVAILABLE, "verify", errno, "%s: %s",
                         path != NULL ? path : "standard output", strerror(errno));
    return cli_fail(&err, CLI_OUTPUT);
}

static int write_one(const struct cli_outputs *outputs, const struct cli_output *one,
                     struct msvc_contract_report *const *reports, size_t count)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_error err;
    int status = msvc_contract_write(
        &text, reports, count,
        MSVC_CONTRACT_WRITE_OPTIONS(.format = one->format,
                                    .has_colours = wants_colour(outputs, one->path),
                                    .has_times = outputs->has_times, .is_brief = outputs->is_brief),
        &err);
    int code = CLI_OK;

    if (status < 0)
        code = cli_fail(&err, CLI_INTERNAL);
    else if (text.length > 0 || one->path != NULL)
        code = save(&text, one->path);
    msvc_buffer_clear(&text);
    return code;
}

int cli_outputs_write(const struct cli_outputs *outputs,
                      struct msvc_contract_report *const *reports, size_t count)
{
    static const struct cli_output text = { .format = MSVC_CONTRACT_TEXT };
    int worst = CLI_OK;

    if (outputs->count == 0)
        return write_one(outputs, &text, reports, count);
    for (size_t i = 0; i < outputs->count; i++) {
        int code = write_one(outputs, &outputs->items[i], reports, count);

        worst = code > worst ? code : worst;
    }
    return worst;
}
