/* SPDX-License-Identifier: MIT */
#include "bus/bus_internal.h"

#include <stdio.h>
#include <string.h>

#include <msvc/error.h>

struct list {
    char text[300];
    size_t length;
};

static void add(struct list *list, bool is_unmet, const char *need)
{
    if (!is_unmet)
        return;
    list->length += (size_t)snprintf(list->text + list->length, sizeof(list->text) - list->length,
                                     "%s%s", list->length > 0 ? ", " : "", need);
}

int msvc_bus_require(const struct msvc_bus *bus, const struct msvc_bus_capabilities *needs,
                     struct msvc_error *err)
{
    const struct msvc_bus_capabilities *has = msvc_bus_capabilities(bus);
    struct list unmet = { "", 0 };
    char payload[64];

    if (bus == NULL || needs == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "bus", 0, "a pointer is NULL");
    (void)snprintf(payload, sizeof(payload), "payloads of %zu bytes (has %zu)", needs->payload_most,
                   has->payload_most);
    add(&unmet, needs->is_durable && !has->is_durable, "durability");
    add(&unmet, needs->has_groups && !has->has_groups, "groups");
    add(&unmet, needs->has_key_order && !has->has_key_order, "order by key");
    add(&unmet, needs->has_delay && !has->has_delay, "delay");
    add(&unmet, needs->has_replay && !has->has_replay, "replay");
    add(&unmet, needs->refuses_unroutable && !has->refuses_unroutable, "refusal of unroutable");
    add(&unmet, needs->payload_most > has->payload_most, payload);
    if (unmet.length == 0)
        return 0;
    return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, bus->driver->origin, 0,
                          "this engine does not have: %s", unmet.text);
}
