/* SPDX-License-Identifier: MIT */
extern struct msvc_pact *pact;
extern struct msvc_pact_mock *mock;
int assert_int_equal();
int call_the_client();
struct msvc_pact_payload;
int on_event(const struct msvc_pact_payload *message, void *user, struct msvc_error *err);
