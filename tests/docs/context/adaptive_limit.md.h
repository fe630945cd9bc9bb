/* SPDX-License-Identifier: MIT */
extern struct msvc_adaptive_limit *limit;
