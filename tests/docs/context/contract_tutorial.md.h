/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <msvc/http.h>

struct order_store;
int get_status(struct msvc_http_transport *orders, const char *id, char out[32],
               struct msvc_error *err);
int insert_order(struct order_store *store, const char *id, struct msvc_error *err);
int take_order_event(const void *payload, size_t length);
