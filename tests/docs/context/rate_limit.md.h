/* SPDX-License-Identifier: MIT */
extern struct msvc_rate_limit *limit;
