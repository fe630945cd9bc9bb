/* SPDX-License-Identifier: MIT */
extern struct msvc_span_scope scope;
int reserve();
