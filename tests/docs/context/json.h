/* SPDX-License-Identifier: MIT */
extern struct msvc_buffer buffer;
extern const char *order_id, *body;
