/* SPDX-License-Identifier: MIT */
int use_your_client();
