/* SPDX-License-Identifier: MIT */
#include "money.h"

#include <string.h>

#include <jansson.h>

#include <msvc/json.h>

bool money_is_currency(const char *text)
{
    return strlen(text) == 3 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

bool money_from_json(int64_t *amount, char currency[CURRENCY_SIZE], const struct json_t *json)
{
    int64_t number = json_integer_value(json_object_get(json, "amount"));
    const char *code = json_string_value(json_object_get(json, "currency"));

    if (number < 1 || number > MONEY_MAX || code == NULL || !money_is_currency(code))
        return false;
    *amount = number;
    memcpy(currency, code, CURRENCY_SIZE);
    return true;
}

json_t *money_to_json(int64_t amount, const char *currency)
{
    return json_pack("{s:I, s:s}", "amount", (json_int_t)amount, "currency", currency);
}

void money_write(struct msvc_json_writer *writer, const char *name, int64_t amount,
                 const char *currency)
{
    msvc_json_key(writer, name);
    msvc_json_begin_object(writer);
    msvc_json_member_int(writer, "amount", amount);
    msvc_json_member_text(writer, "currency", currency);
    msvc_json_end_object(writer);
}
