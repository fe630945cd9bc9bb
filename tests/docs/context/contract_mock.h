/* SPDX-License-Identifier: MIT */
extern struct msvc_pact *pact;
extern struct msvc_pact_mock *mock;
int assert_int_equal();
int call_the_client();
