/* SPDX-License-Identifier: MIT */
/* Status codes by class, or one of a list. */
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/matcher_internal.h"

#define CODES_MAX 1000

static const struct {
    const char *name;
    int least, most;
    const char *words;
} classes[] = {
    { "info", 100, 199, "an Informational response (100–199)" },
    { "success", 200, 299, "a Successful response (200–299)" },
    { "redirect", 300, 399, "a Redirect (300–399)" },
    { "clientError", 400, 499, "a Client error (400–499)" },
    { "serverError", 500, 599, "a Server error (500–599)" },
    { "nonError", 100, 399, "a Non-error response (100–399)" },
    { "error", 400, 599, "an Error response (400–599)" },
};

#define CLASSES (sizeof(classes) / sizeof(classes[0]))

static size_t find_class(const char *name)
{
    size_t i = 0;

    while (i < CLASSES && (name == NULL || strcmp(classes[i].name, name) != 0))
        i++;
    return i;
}

static int read_codes(struct msvc__matcher *m, const struct msvc_json *list, struct msvc_error *err)
{
    size_t count = msvc_json_count(list);
    int64_t code = 0;

    if (msvc_json_type(list) != MSVC_JSON_ARRAY || count == 0 || count > CODES_MAX)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected matcher \"%s\" to have a \"status\": info, success, "
                              "redirect, clientError, serverError, nonError, error or a list",
                              m->name);
    m->codes = msvc__new_array(count, sizeof(*m->codes));
    if (m->codes == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "contract", 0, "no memory");
    for (const struct msvc_json *one = msvc_json_first(list); one != NULL;
         one = msvc_json_next(one)) {
        if (msvc_json_get_int(&code, one) < 0 || code < 100 || code > 999)
            return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                                  "expected status codes to be numbers from 100 to 999");
        m->codes[m->code_count++] = (int)code;
    }
    return 0;
}

int msvc__matcher_read_status(struct msvc__matcher *m, const struct msvc_json *json,
                              struct msvc_error *err)
{
    const struct msvc_json *status = msvc_json_member(json, "status");
    const char *name = msvc_json_string(status, NULL);

    if (find_class(name) == CLASSES)
        return read_codes(m, status, err);
    m->text = msvc__copy_text(name);
    return m->text != NULL ? 0 : msvc_error_set(err, MSVC_ERR_NOMEM, "contract", 0, "no memory");
}

static void write_wanted(struct msvc_buffer *out, const struct msvc__matcher *m)
{
    if (m->text != NULL) {
        msvc_buffer_text(out, classes[find_class(m->text)].words);
        return;
    }
    msvc_buffer_text(out, "one of [");
    for (size_t i = 0; i < m->code_count; i++)
        msvc_buffer_printf(out, "%s%d", i > 0 ? ", " : "", m->codes[i]);
    msvc_buffer_byte(out, ']');
}

bool msvc__accepts_status(const struct msvc__matcher *m, const struct msvc__subject *actual,
                          struct msvc_buffer *why)
{
    size_t length;
    const char *text = msvc__subject_text(actual, &length);
    long code = strtol(text, NULL, 10);
    size_t class = find_class(m->text);
    bool fits = class < CLASSES && code >= classes[class].least && code <= classes[class].most;

    for (size_t i = 0; i < m->code_count; i++)
        fits = fits || code == m->codes[i];
    if (fits)
        return true;
    msvc_buffer_printf(why, "Expected status code %.*s to be ", (int)(length < 20 ? length : 20),
                       text);
    write_wanted(why, m);
    return false;
}
