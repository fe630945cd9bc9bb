/* SPDX-License-Identifier: MIT */
extern struct msvc_hedge *hedge;
extern struct msvc_policy *policy;
extern struct msvc_executor pool;

int get_user(struct msvc_attempt *attempt, void *user);
