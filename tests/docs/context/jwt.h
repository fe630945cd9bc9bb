/* SPDX-License-Identifier: MIT */
extern struct msvc_buffer token;
