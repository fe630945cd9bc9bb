/* SPDX-License-Identifier: MIT */
extern struct msvc_policy *policy;

int get_user(struct msvc_attempt *attempt, void *user);
