/* SPDX-License-Identifier: MIT */
extern struct msvc_log *log;
