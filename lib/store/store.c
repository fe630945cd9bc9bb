/* SPDX-License-Identifier: MIT */
#include <msvc/store.h>

#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/driver/store.h>
#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"
#include "base/fork_internal.h"
#include "base/options_internal.h"
#include "store/store_internal.h"

#define DEFAULT_CONNECTION_LIMIT 8
#define MOST_CONNECTION_LIMIT    1024
#define DEFAULT_TIMEOUT_MS       5000

int msvc__store_check_process(const struct msvc_store *store, struct msvc_error *err)
{
    if (store->generation == msvc__fork_generation())
        return 0;
    return msvc_error_set(err, MSVC_ERR_STATE, "core", 0, "the store was opened before a fork");
}

static int take_options(struct msvc_store *store, const struct msvc_store_options *options,
                        struct msvc_error *err)
{
    struct msvc_store_options *chosen = &store->options;
    int status = msvc__options_copy(chosen, sizeof(*chosen), options);

    if (status < 0)
        return msvc_error_set(err, status, "core", 0, "store options: %s",
                              msvc_status_text(status));
    if (chosen->connection_limit == 0)
        chosen->connection_limit = DEFAULT_CONNECTION_LIMIT;
    if (chosen->timeout_ms == 0)
        chosen->timeout_ms = DEFAULT_TIMEOUT_MS;
    if (chosen->connection_limit > MOST_CONNECTION_LIMIT)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0,
                              "connection_limit is %u, at most %d are possible",
                              chosen->connection_limit, MOST_CONNECTION_LIMIT);
    return 0;
}

static bool speaks(const struct msvc_store_driver *driver, const char *scheme)
{
    for (const char *const *known = driver->schemes; *known != NULL; known++) {
        if (strcmp(*known, scheme) == 0)
            return true;
    }
    return false;
}

static int choose_driver(struct msvc_store *store, const struct msvc_store_driver *const *drivers,
                         struct msvc_error *err)
{
    const char *scheme = msvc_url_scheme(store->url);

    for (; *drivers != NULL; drivers++) {
        if (speaks(*drivers, scheme)) {
            store->driver = *drivers;
            return 0;
        }
    }
    return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, "core", 0,
                          "no store driver for \"%s:\" was passed in", scheme);
}

static int prepare(struct msvc_store *store, const char *url,
                   const struct msvc_store_driver *const *drivers, struct msvc_error *err)
{
    int status = msvc_url_parse(&store->url, url, err);

    if (status == 0)
        status = choose_driver(store, drivers, err);
    if (status < 0)
        return status;
    store->text = msvc__copy_text(url);
    if (store->text == NULL || msvc__pool_init(&store->pool, store->options.connection_limit) < 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "core", 0, "no memory for a store");
    store->target = (struct msvc_store_target){
        .size = sizeof(store->target),
        .url = store->url,
        .text = store->text,
        .timeout_ms = store->options.timeout_ms,
        .clock = store->options.clock,
    };
    return store->driver->check(&store->target, err);
}

int msvc_store_open(struct msvc_store **out, const char *url,
                    const struct msvc_store_driver *const *drivers,
                    const struct msvc_store_options *options, struct msvc_error *err)
{
    struct msvc_store *store;
    int status;

    if (out == NULL || url == NULL || drivers == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0,
                              "a store needs a URL, drivers and somewhere to put it");
    store = msvc__new(sizeof(*store));
    if (store == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "core", 0, "no memory for a store");
    store->generation = msvc__fork_generation();
    (void)msvc__wakes_init(&store->wakes);
    status = take_options(store, options, err);
    if (status == 0)
        status = prepare(store, url, drivers, err);
    if (status < 0)
        goto fail;
    *out = store;
    return 0;

fail:
    msvc_store_close(store);
    return status;
}

void msvc_store_close(struct msvc_store *store)
{
    if (store == NULL)
        return;
    msvc__pool_clear(&store->pool, store->driver, store->generation != msvc__fork_generation());
    msvc__wakes_clear(&store->wakes);
    msvc_url_free(store->url);
    free(store->text);
    free(store);
}

const char *msvc_store_dialect(const struct msvc_store *store)
{
    return store != NULL ? store->driver->dialect : NULL;
}

const struct msvc_store_target *msvc_store_target(const struct msvc_store *store)
{
    return &store->target;
}

const struct msvc_store_driver *msvc_store_driver(const struct msvc_store *store)
{
    return store->driver;
}

int msvc_store_ping(struct msvc_store *store, int timeout_ms, struct msvc_error *err)
{
    struct msvc_rows *rows;
    struct msvc_tx *tx;
    int status;

    if (store == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0, "no store to ping");
    status = msvc_tx_begin(
        &tx, store,
        MSVC_TX_OPTIONS(.is_read_only = true,
                        .deadline_ns = msvc_deadline_in(store->options.clock, timeout_ms)),
        err);
    if (status < 0)
        return status;
    status = msvc_tx_query(&rows, tx, "SELECT 1", NULL, err);
    if (status == 0)
        msvc_rows_free(rows);
    msvc_tx_rollback(tx);
    return status;
}
