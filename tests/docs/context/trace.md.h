/* SPDX-License-Identifier: MIT */
int reserve();
