/* SPDX-License-Identifier: MIT */
/*
 * What the services are told, and all they are told. The same settings serve
 * one process and five; only USER_SERVICE_URL differs.
 */
#include "demo.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_LIMIT 512

extern char **environ;

struct list {
    char **entries;
    size_t count;
    bool is_complete;
};

static void add(struct list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct list *list, const char *format, ...)
{
    char text[PATH_MAX + 256];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (list->count == ENTRY_LIMIT || (list->entries[list->count] = strdup(text)) == NULL)
        list->is_complete = false;
    else
        list->count++;
}

static bool is_ours(const char *entry)
{
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        if (strncmp(entry, service_prefixes[i], strlen(service_prefixes[i])) == 0)
            return true;
    }
    return false;
}

/* Ours would get in the way; anything else is the user's. OTEL_ variables go through to the
 * services. */
static void add_environment(struct list *list)
{
    for (char **entry = environ; *entry != NULL && list->count < ENTRY_LIMIT; entry++) {
        if (!is_ours(*entry))
            add(list, "%s", *entry);
    }
}

static void add_store_and_bus(struct list *list, const struct demo *demo, size_t i)
{
    const char *prefix = service_prefixes[i];
    const char *postgres = getenv("POSTGRES_URL");
    const char *rabbitmq = getenv("RABBITMQ_URL");

    /* What a killed process was sending or handling goes on when its leases end. */
    add(list, "%sOUTBOX_LEASE_MS=3000", prefix);
    if (strcmp(demo->stack, "postgres-rabbitmq") == 0 && postgres != NULL && rabbitmq != NULL) {
        const char *base_end = strrchr(postgres, '/');

        add(list, "%sSTORE_URL=%.*s/%s", prefix, (int)(base_end - postgres), postgres,
            service_names[i]);
        add(list, "%sBUS_URL=%s%sunrouted=keep", prefix, rabbitmq,
            strchr(rabbitmq, '?') != NULL ? "&" : "?");
    } else {
        add(list, "%sSTORE_URL=sqlite:%s/data/%s.db", prefix, demo->folder, service_names[i]);
        add(list, "%sBUS_URL=sqlite:%s/data/bus.db?lease_ms=3000", prefix, demo->folder);
    }
}

static void add_service(struct list *list, const struct demo *demo, size_t i)
{
    const char *prefix = service_prefixes[i];
    const char *address = demo->addresses[i];

    add(list, "%sHTTP_LISTEN=%s", prefix, address[0] != '\0' ? address : "127.0.0.1:0");
    add(list, "%sHTTP_ADDRESS_FILE=%s/run/%s.address", prefix, demo->folder, service_names[i]);
    add(list, "%sTRACE_FILE=%s/traces/%s.jsonl", prefix, demo->folder, service_names[i]);
    add(list, "%sDRAIN_DELAY_MS=0", prefix);
    add_store_and_bus(list, demo, i);
    if (i == USERS) {
        add(list, "USER_ADMIN_EMAIL=admin@example.com");
        add(list, "USER_ADMIN_PASSWORD=correct horse battery");
        add(list, "USER_PASSWORD_COST=1");
    } else if (demo->is_monolith) {
        add(list, "%sUSER_SERVICE_URL=inproc:user-service", prefix);
    } else {
        add(list, "%sUSER_SERVICE_URL=http://%s", prefix, demo->addresses[USERS]);
    }
    if (i == NOTIFICATIONS)
        add(list, "NOTIFICATION_SPOOL_DIR=%s/mail", demo->folder);
}

char **settings_for(const struct demo *demo, enum service service)
{
    struct list list = { calloc(ENTRY_LIMIT + 1, sizeof(char *)), 0, true };

    if (list.entries == NULL)
        return NULL;
    add_environment(&list);
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        if (demo->is_monolith || i == (size_t)service)
            add_service(&list, demo, i);
    }
    if (list.is_complete)
        return list.entries;
    settings_free(list.entries);
    return NULL;
}

void settings_free(char **environment)
{
    for (char **entry = environment; entry != NULL && *entry != NULL; entry++)
        free(*entry);
    free(environment);
}
