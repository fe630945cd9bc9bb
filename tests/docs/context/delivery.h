/* SPDX-License-Identifier: MIT */
bool put();
enum msvc_disposition work();
