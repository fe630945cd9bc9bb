/* SPDX-License-Identifier: MIT */
int get_user(struct msvc_attempt *attempt, void *user);
