/* SPDX-License-Identifier: MIT */
int use_your_client();
struct orders;
extern struct orders *orders;
int orders_take_event(struct orders *self, const void *contents, size_t length,
                      struct msvc_error *err);
