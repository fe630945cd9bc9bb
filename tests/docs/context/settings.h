/* SPDX-License-Identifier: MIT */
extern struct msvc_buffer problems;
extern struct msvc_settings *found;
extern int64_t limit;
