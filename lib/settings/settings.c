/* SPDX-License-Identifier: MIT */
/*
 * Reading never stops at the first mistake: whoever deploys a service wants
 * to mend its configuration once, not once for each variable.
 */
#include <msvc/settings.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"
#include "base/env_internal.h"

struct value {
    const struct msvc_setting *setting;
    char *text;
    int64_t number;
    bool flag;
};

struct msvc_settings {
    size_t count;
    struct value *values;
};

static size_t count_settings(const struct msvc_setting *settings)
{
    size_t count = 0;

    while (settings != NULL && settings[count].name != NULL)
        count++;
    return count;
}

static const char *shown(const struct value *value)
{
    return value->setting->is_secret ? "(secret)" : value->text;
}

static void report(struct msvc_buffer *problems, const char *prefix, const struct value *value,
                   const char *expected)
{
    msvc_buffer_printf(problems, "%s%s is \"%s\", expected %s\n", prefix, value->setting->name,
                       shown(value), expected);
}

static void report_range(struct msvc_buffer *problems, const char *prefix,
                         const struct value *value)
{
    const struct msvc_setting *s = value->setting;

    msvc_buffer_printf(problems, "%s%s is \"%s\", expected a whole number of at least %" PRId64,
                       prefix, s->name, shown(value), s->least);
    if (s->most != 0)
        msvc_buffer_printf(problems, " and at most %" PRId64, s->most);
    msvc_buffer_byte(problems, '\n');
}

static bool parse_number(struct value *value)
{
    const struct msvc_setting *s = value->setting;
    char *end;
    long long number = strtoll(value->text, &end, 10);
    bool is_plain = value->text[0] == '-' || (value->text[0] >= '0' && value->text[0] <= '9');

    if (!is_plain || *end != '\0' || number < s->least || (s->most != 0 && number > s->most))
        return false;
    value->number = number;
    return strlen(value->text) < 19; /* longer ones may have been cut by strtoll() */
}

static bool parse_flag(struct value *value)
{
    static const char *const yes[] = { "true", "yes", "on", "1" };
    static const char *const no[] = { "false", "no", "off", "0" };

    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (strcasecmp(value->text, yes[i]) == 0)
            return value->flag = true;
        if (strcasecmp(value->text, no[i]) == 0)
            return true;
    }
    return false;
}

static void check_url(struct value *value, const char *prefix, struct msvc_buffer *problems)
{
    struct msvc_error err;
    struct msvc_url *url;

    if (value->text[0] == '\0')
        return;
    if (msvc_url_parse(&url, value->text, &err) < 0) {
        msvc_buffer_printf(problems, "%s%s is no URL: %s\n", prefix, value->setting->name,
                           err.message);
        return;
    }
    msvc_url_free(url);
}

static void check(struct value *value, const char *prefix, struct msvc_buffer *problems)
{
    switch (value->setting->kind) {
    case MSVC_SETTING_NUMBER:
        if (!parse_number(value))
            report_range(problems, prefix, value);
        break;
    case MSVC_SETTING_FLAG:
        if (!parse_flag(value))
            report(problems, prefix, value, "true or false");
        break;
    case MSVC_SETTING_URL:
        check_url(value, prefix, problems);
        break;
    case MSVC_SETTING_TEXT:
        break;
    }
}

/* False when out of memory. */
static bool read_one(struct value *value, const char *prefix, char *const *environment,
                     struct msvc_buffer *problems)
{
    const char *name = value->setting->name;
    const char *text = msvc__env_get(environment, prefix, name);

    if (text == NULL)
        text = msvc__env_get(environment, NULL, name);
    if (text == NULL)
        text = value->setting->fallback;
    if (text == NULL) {
        msvc_buffer_printf(problems, "%s%s is not set: %s\n", prefix, name, value->setting->help);
        return true;
    }
    value->text = msvc__copy_text(text);
    if (value->text == NULL)
        return false;
    check(value, prefix, problems);
    return true;
}

int msvc_settings_read(struct msvc_settings **out, const char *prefix,
                       const struct msvc_setting *settings, char *const *environment,
                       struct msvc_buffer *problems)
{
    struct msvc_settings *read;
    size_t length_before;
    int status = MSVC_ERR_NOMEM;

    if (out == NULL || problems == NULL)
        return MSVC_ERR_INVALID;
    if (prefix == NULL)
        prefix = "";
    length_before = problems->length;
    read = msvc__new(sizeof(*read));
    if (read == NULL)
        return status;
    read->count = count_settings(settings);
    read->values = msvc__new_array(read->count > 0 ? read->count : 1, sizeof(*read->values));
    if (read->values == NULL)
        goto fail;
    for (size_t i = 0; i < read->count; i++) {
        read->values[i].setting = &settings[i];
        if (!read_one(&read->values[i], prefix, environment, problems))
            goto fail;
    }
    status = msvc_buffer_status(problems);
    if (status == 0 && problems->length > length_before)
        status = MSVC_ERR_INVALID;
    if (status < 0)
        goto fail;
    *out = read;
    return 0;

fail:
    msvc_settings_free(read);
    return status;
}

void msvc_settings_free(struct msvc_settings *settings)
{
    if (settings == NULL)
        return;
    for (size_t i = 0; settings->values != NULL && i < settings->count; i++)
        free(settings->values[i].text);
    free(settings->values);
    free(settings);
}

static const struct value *find(const struct msvc_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->count; i++) {
        if (strcmp(settings->values[i].setting->name, name) == 0)
            return &settings->values[i];
    }
    return NULL;
}

const char *msvc_settings_text(const struct msvc_settings *settings, const char *name)
{
    const struct value *value = find(settings, name);

    return value != NULL ? value->text : NULL;
}

int64_t msvc_settings_number(const struct msvc_settings *settings, const char *name)
{
    const struct value *value = find(settings, name);

    return value != NULL ? value->number : 0;
}

bool msvc_settings_flag(const struct msvc_settings *settings, const char *name)
{
    const struct value *value = find(settings, name);

    return value != NULL && value->flag;
}

void msvc_settings_help(struct msvc_buffer *out, const char *prefix,
                        const struct msvc_setting *settings)
{
    for (size_t i = 0; i < count_settings(settings); i++) {
        const struct msvc_setting *s = &settings[i];

        msvc_buffer_printf(out, "  %s%s\n      %s", prefix, s->name, s->help);
        if (s->fallback == NULL)
            msvc_buffer_text(out, " (required)");
        else if (s->fallback[0] != '\0')
            msvc_buffer_printf(out, " (default: %s)", s->fallback);
        msvc_buffer_byte(out, '\n');
    }
}
