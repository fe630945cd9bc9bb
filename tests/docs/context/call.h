/* SPDX-License-Identifier: MIT */
extern struct msvc_policy *policy;
