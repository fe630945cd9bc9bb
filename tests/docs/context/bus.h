/* SPDX-License-Identifier: MIT */
enum msvc_disposition on_order(struct msvc_delivery *delivery, void *user);
