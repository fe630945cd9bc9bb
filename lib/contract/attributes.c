/* SPDX-License-Identifier: MIT */
/* The attributes of matchers and generators; some writers put numbers into quotes. */
#include "contract/attributes_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

static bool read_digits(int64_t *out, const char *text)
{
    size_t sign = text[0] == '-';
    size_t digits = strspn(text + sign, "0123456789");

    if (digits == 0 || digits > 18 || text[sign + digits] != '\0')
        return false;
    *out = strtoll(text, NULL, 10);
    return true;
}

int msvc__attribute_int(int64_t *out, bool *has, const struct msvc_json *json, const char *name,
                        int64_t least, struct msvc_error *err)
{
    const struct msvc_json *member = msvc_json_member(json, name);
    const char *text = msvc_json_string(member, NULL);
    int64_t number = 0;
    bool is_number;

    if (member == NULL || msvc_json_type(member) == MSVC_JSON_NULL)
        return 0;
    is_number = text != NULL ? read_digits(&number, text) : msvc_json_get_int(&number, member) == 0;
    if (!is_number || number < least)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected \"%s\" to be a whole number from %" PRId64 " on", name,
                              least);
    if (has != NULL)
        *has = true;
    *out = number;
    return 0;
}

int msvc__attribute_text(char **out, const struct msvc_json *json, const char *name,
                         struct msvc_error *err)
{
    const struct msvc_json *member = msvc_json_member(json, name);
    size_t length = 0;
    const char *text = msvc_json_string(member, &length);

    if (member == NULL || msvc_json_type(member) == MSVC_JSON_NULL)
        return 0;
    if (text == NULL)
        text = msvc_json_number(member);
    if (text == NULL || (msvc_json_type(member) == MSVC_JSON_STRING && strlen(text) != length))
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "contract", 0,
                              "expected \"%s\" to be a text without NUL", name);
    free(*out);
    *out = msvc__copy_text(text);
    if (*out == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "contract", 0, "no memory");
    return 0;
}
