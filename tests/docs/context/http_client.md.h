/* SPDX-License-Identifier: MIT */
extern struct msvc_http_client *shared;
extern struct msvc_http_transport *to_users;
void on_user(int status, struct msvc_http_answer *answer, const struct msvc_error *err, void *user);
