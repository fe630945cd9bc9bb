/* SPDX-License-Identifier: MIT */
extern const char *order_id;
extern struct msvc_buffer json;
