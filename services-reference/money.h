/* SPDX-License-Identifier: MIT */
/* Money: {"amount": 4200, "currency": "EUR"}, in whole minor units of an ISO 4217 currency. */
#ifndef REFERENCE_MONEY_H
#define REFERENCE_MONEY_H

#include <stdbool.h>
#include <stdint.h>

struct json_t;
struct msvc_json_writer;

#define MONEY_MAX     1000000000000 /* minor units */
#define CURRENCY_SIZE 4

/* Three capitals. */
bool money_is_currency(const char *text);

/* Read {amount, currency} of an event; false when it is no money. */
bool money_from_json(int64_t *amount, char currency[CURRENCY_SIZE], const struct json_t *json);

/* NULL when out of memory. */
struct json_t *money_to_json(int64_t amount, const char *currency);

/* Write a member of an event. */
void money_write(struct msvc_json_writer *writer, const char *name, int64_t amount,
                 const char *currency);

#endif
